/** What the page remembers between visits: choices only, never data. Without storage it forgets. */

export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`lookback.${key}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(`lookback.${key}`);
    else localStorage.setItem(`lookback.${key}`, JSON.stringify(value));
  } catch {
    // A browser without storage asks again next time.
  }
}

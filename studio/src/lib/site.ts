/** Whether these pages came from `lookback studio build --static`: no server is behind them then. */

const meta = (name: string): string => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';

export const isStatic: boolean = meta('lookback-site') === 'static';

/** The data sets that the site brought along. */
export const broughtAlong: readonly string[] = meta('lookback-data').split(' ').filter(Boolean);

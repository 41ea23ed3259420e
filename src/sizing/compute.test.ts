import { describe, expect, it } from 'vitest';
import {
  checkSlide,
  estimate,
  findGpu,
  gpuHours,
  gpus,
  megawattHours,
  readCount,
  requireModel,
  trainedByPower,
  trainingData,
  trainingFlops,
} from './index.ts';

describe('training', () => {
  it('costs 6·N·D, then GPU-hours, then MWh', () => {
    expect(trainingFlops(1e9, 20e9)).toBe(1.2e20);
    const gpu = { flops: 1e15, watts: 1000 };
    expect(gpuHours(3.6e18, gpu, { utilisation: 0.5 })).toBe(2);
    expect(megawattHours(2000, gpu, { overhead: 1.5 })).toBe(3);
    expect(() => trainingFlops(0, 1)).toThrow('parameters: expected a number above 0, got 0.');
  });

  it("comes near DeepSeek-V3's own 2.664 million H800 hours for 14.8T tokens", () => {
    const { training } = estimate(requireModel('deepseek-v3'), { tokens: 14.8e12, trainingGpus: 2048 });
    expect(training.cost?.gpuHours).toBeGreaterThan(2.664e6 * 0.75);
    expect(training.cost?.gpuHours).toBeLessThan(2.664e6 * 1.25);
    expect(training.cost?.days).toBeCloseTo((training.cost?.gpuHours ?? 0) / 2048 / 24, 9);
  });

  it('of a month of 835 MW spends the energy on a model of 20 tokens a parameter', () => {
    const month = trainedByPower(gpus.h100);
    expect(month.gpus).toBe(795_238);
    expect(month.megawattHours).toBeCloseTo(835 * 24 * 30, -1);
    expect(month.tokens / month.parameters).toBeCloseTo(20, 9);
    expect(trainingFlops(month.parameters, month.tokens) / month.flops).toBeCloseTo(1, 9);
    expect(trainedByPower(gpus.h100, { days: 60 }).flops).toBeCloseTo(2 * month.flops, -12);
    expect(() => trainedByPower(gpus.h100, { megawatts: -1 })).toThrow('megawatts');
  });
});

describe('estimate', () => {
  it('adds up what serving and training need', () => {
    const result = estimate(requireModel('deepseek-r1'), { context: 32_768 });
    const { weights, cache, serving, training } = result;
    expect(serving.bytes).toBe(weights.bf16.bytes + (cache?.bytes ?? 0) + (serving.activations?.bytes ?? 0));
    expect(serving.gpus).toBe(19);
    expect(serving.dollarsPerHour).toBe(19 * gpus.h100.dollarsPerHour);
    expect(training.bytes).toBe(training.state.bytes + (training.activations?.bytes ?? 0));
    expect(training.cost).toBeNull();
  });

  it('of a bare count has weights and state but no cache', () => {
    const result = estimate(7e9, { precision: 'fp8', tokens: 1e12 });
    expect(result).toMatchObject({ parameters: 7e9, cache: null, cachePerToken: null, attention: null });
    expect(result.serving.bytes).toBe(7e9);
    expect(result.training.cost?.flops).toBe(4.2e22);
    expect(() => estimate(0)).toThrow('parameters');
  });
});

describe('words', () => {
  it('read counts', () => {
    const texts = ['7e9', '7B', '1.5t', '671,026,419,200', '600M', '36T'];
    expect(texts.map(readCount)).toEqual([7e9, 7e9, 1.5e12, 671_026_419_200, 6e8, 3.6e13]);
    for (const text of ['0', '', '7x', 'gpt2', '-5', '1e999', 'e9']) expect(readCount(text)).toBeUndefined();
  });

  it('find GPUs', () => {
    expect(findGpu('H100 80GB').name).toBe(gpus.h100.name);
    expect(findGpu('NVIDIA GeForce RTX 4090').memoryGB).toBe(24);
    expect(() => findGpu('h10')).toThrow('Did you mean h100?');
  });
});

describe('lecture', () => {
  it('checks the slide', () => {
    const [weights, cache, latent, sum, shipped] = checkSlide();
    expect(weights).toMatchObject({ verdict: 'right', bytes: 1_342_052_838_400 });
    expect(cache).toMatchObject({ verdict: 'unlike', bytes: 279_838_720_000 });
    expect(latent.bytes).toBe(2_302_672_896);
    expect(latent.working).toContain('= 70,272 B a token; at 32,768 tokens 2.30 GB');
    expect(sum).toMatchObject({ verdict: 'wrong', bytes: 1_622e9 });
    expect(shipped.bytes).toBe(671_026_419_200);
  });

  it('goes by year from BERT to 30T and more, each with a source', () => {
    const years = trainingData.map(({ year }) => year);
    expect(years).toEqual([...years].sort());
    expect(trainingData[0]).toMatchObject({ model: 'BERT', count: 3.3e9, unit: 'words' });
    expect(trainingData.some(({ count, atLeast }) => count === 30e12 && atLeast)).toBe(true);
    for (const { source } of trainingData) expect(source).toMatch(/arXiv \d{4}\.\d{5}|Meta/);
  });
});

/** The page of the bit-equality test: hands a request to a worker and returns what it answers. */
Object.assign(window, {
  trainInWorker: (request: { backend: string; threads: number }) =>
    new Promise((resolve) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = (event) => resolve({ error: event.message });
      worker.postMessage(request);
    }),
});

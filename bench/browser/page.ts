/** Hands each request to a worker, where training belongs, and returns what it answers. */
Object.assign(window, {
  measureInWorker: (request: unknown) =>
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

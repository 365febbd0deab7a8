/** The suite in a worker of a browser: is sent octets and perhaps ids, and answers with its report. */
import { report } from "./report.ts";

/** What the worker is sent. */
export interface Order {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ids?: readonly string[];
}

/** A worker's own global, of which the libraries for pages know nothing. */
const self = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void; postMessage(message: unknown): void;
};

self.onmessage = async ({ data: { bytes, ids } }) => {
  try {
    self.postMessage({ report: await report(bytes, ids) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};

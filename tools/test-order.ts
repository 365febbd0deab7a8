/** In which order vitest starts the test files: the longest first, so that at the end no processor waits for one of them. */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take more than some 20 s where all is tested, from the longest on; a folder stands for its files. */
const LONG = [
  "test/component/examples.test.ts", // compiles wasmtime
  "test/peer/",
  "test/linux/roaming.test.ts",
  "test/linux/orders.test.ts",
  "test/linux/doctor.test.ts",
  "test/sim/scenarios/random.test.ts", // as many seeds as MEXT_SEEDS says
  "test/sim/scenarios/optimised-random.test.ts",
  "test/sim/scenarios/dual-stack-random.test.ts",
  "test/package/",
  "test/linux/demo.test.ts",
  "test/browser/lab-page.test.ts",
  "test/engine/encapsulations.test.ts",
  "test/linux/home-link.test.ts",
  "test/linux/daemon.test.ts",
];

export class LongestFirst extends BaseSequencer {
  /** The others follow in vitest's own order: as long as they took the last time, or as large as they are. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((path) => relative(this.ctx.config.root, moduleId).startsWith(path));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b)); // a stable sort
  }
}

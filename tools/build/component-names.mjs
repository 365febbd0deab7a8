// Names for the component, from where the project has them: reasons as a WIT enum, layers and fields as a module of the
// adapter.
import { build } from "esbuild";
import { root } from "./node.mjs";

/** The enums and sentences, which are TypeScript. */
export async function readNames() {
  const { outputFiles } = await build({
    absWorkingDir: root, bundle: true, format: "esm", write: false, logLevel: "warning",
    stdin: {
      resolveDir: root, loader: "ts",
      contents: `
        export { Reason } from "./core-as/abi/reasons.ts";
        export { REASONS } from "./bindings/reasons.ts";
        export { Field, Layer, LayerFamily, LAYER_LIMIT } from "./core-as/abi/fields.ts";
        export { fieldName, kebabCase, layerName } from "./bindings/codec-names.ts";`,
    },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** The numbers of an enum, in their order. */
const numbers = (enumeration) => Object.values(enumeration).filter((value) => typeof value === "number").sort((a, b) => a - b);

/** The reasons that packets are refused for; 0 is none. */
const reasonNumbers = ({ Reason }) => numbers(Reason).filter((number) => number !== 0);

export function reasonsWit({ Reason, REASONS, kebabCase }) {
  const cases = reasonNumbers({ Reason }).map((number) => {
    const { section, text } = REASONS[number];
    return `    /// ${text} (${section}).\n    ${kebabCase(Reason[number])},`;
  });
  return `/// Why the engine refuses packets, as it counts them, and as the codec says it of a layer.
interface reasons {
  enum reason {
${cases.join("\n")}
  }
}
`;
}

/** What platforms/component/adapter/names.ts reads. */
export function namesModule({ Reason, Field, Layer, LayerFamily, LAYER_LIMIT, fieldName, kebabCase, layerName }) {
  const list = (entries) => Buffer.concat([
    ...entries.map(([id, name]) => Buffer.concat([Buffer.from([id & 0xff, id >> 8, name.length]), Buffer.from(name, "latin1")])),
    Buffer.alloc(3),
  ]);
  const octets = Buffer.concat([
    list([...numbers(Layer).map((id) => [id, layerName(id)]), [LAYER_LIMIT, "more"]]),
    list(numbers(Field).map((id) => [id, fieldName(id)])),
    list(numbers(LayerFamily).map((id) => [id, kebabCase(LayerFamily[id])])),
    Buffer.alloc(7), // the last word is written whole
  ]);
  const stores = Array.from({ length: octets.length >> 3 }, (_, index) => (
    `  store<u64>(at, 0x${octets.readBigUInt64LE(index * 8).toString(16)}, ${index * 8});`
  ));
  const cases = reasonNumbers({ Reason }).map((number, index) => `    case ${number}: return ${index};`);
  return `// Made by tools/build/component-names.mjs.
export const LAYER_COUNT: u32 = ${LAYER_LIMIT};
export const MORE_LAYER: u32 = LAYER_COUNT;
export const FIELD_COUNT: u32 = ${Math.max(...numbers(Field)) + 1};
export const FAMILY_SHIFT: u32 = 8;
export const NAME_BYTES: u32 = ${octets.length};

/** Entries of layers, fields and families, each list ended by an empty name. */
export function writeNames(at: usize): void {
${stores.join("\n")}
}

/** The case of a Reason in the enum of the WIT; −1: it has none. */
export function reasonCase(reason: u32): i32 {
  switch (reason) {
${cases.join("\n")}
    default: return -1;
  }
}
`;
}

import { Field, Layer, LayerFamily } from "../core-as/abi/fields.ts";

/**
 * Names of layers and fields, from the numbers that the core uses: a layer is "binding-update", a field
 * "lifetime". A layer without a name of its own is called after its family: "mobility-option-200".
 */

/** The name of a layer id. */
export function layerName(id: number): string {
  const own = Layer[id];
  return own !== undefined ? kebabCase(own) : `${kebabCase(LayerFamily[id & 0xff00])}-${id & 0xff}`;
}

/** The layer id that a name stands for, or undefined. */
export function layerId(name: string): number | undefined {
  const own = LAYER_IDS.get(name);
  if (own !== undefined) return own;
  const parts = /^(.+)-(\d{1,3})$/.exec(name);
  const family = parts ? FAMILY_IDS.get(parts[1]) : undefined;
  return family === undefined || Number(parts![2]) > 0xff ? undefined : family + Number(parts![2]);
}

/** The name of a field id. */
export function fieldName(id: number): string {
  const own = Field[id];
  return own.charAt(0).toLowerCase() + own.slice(1);
}

/** The field id that a name stands for, or undefined. */
export function fieldId(name: string): number | undefined {
  return FIELD_IDS.get(name);
}

/** `BindingUpdate` → "binding-update". */
export function kebabCase(name: string): string {
  return name.replace(/(?!^)([A-Z])/g, "-$1").toLowerCase();
}

/** The numbers of an enum, without the names that it has too. */
function numbersOf(enumeration: object): number[] {
  return Object.values(enumeration).filter((value): value is number => typeof value === "number");
}

const LAYER_IDS = new Map(numbersOf(Layer).map((id) => [kebabCase(Layer[id]), id]));
const FAMILY_IDS = new Map(numbersOf(LayerFamily).map((id) => [kebabCase(LayerFamily[id]), id]));
const FIELD_IDS = new Map(numbersOf(Field).map((id) => [fieldName(id), id]));

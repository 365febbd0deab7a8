/** What lies in a component: its sections (component-model Binary.md), as far as core modules are concerned. */

/** "\0asm", then version 13 of the layer "component". */
const COMPONENT = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const CORE_MODULE = 1;

/** The core modules of a component, in their order; throws when it is none. */
export function coreModules(component: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  if (COMPONENT.some((octet, index) => component[index] !== octet)) throw new Error("this is no component");
  const modules: Uint8Array<ArrayBuffer>[] = [];
  for (let at = COMPONENT.length; at < component.length; ) {
    const kind = component[at++];
    let length = 0;
    for (let shift = 0; ; shift += 7) { // LEB128
      const octet = component[at++];
      length += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) break;
    }
    if (kind === CORE_MODULE) modules.push(component.subarray(at, at + length));
    at += length;
  }
  return modules;
}

/** The core in a component, which stands before the adapter: a view, so that what is written there is in the component. */
export function innerCore(component: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return coreModules(component)[0];
}

/** With esbuild's loader "binary", a Wasm file is its octets. */
declare module "*.wasm" {
  const octets: Uint8Array;
  export default octets;
}

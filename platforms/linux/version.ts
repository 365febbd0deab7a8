/** Put in by the build. */
declare const MEXT_VERSION: string | undefined;

/** The version of the package. */
export const VERSION: string = typeof MEXT_VERSION === "string" ? MEXT_VERSION : "0.0.0-development";

/** Fields that the file of every daemon has. */
import * as v from "valibot";
import { path, text, word } from "./field.ts";

/** RFC 6275 §6.1.7: the lifetime field has 16 bits in units of four seconds, and 0 deletes a binding. */
export const LIFETIME_MIN = "4s";
export const LIFETIME_MAX = "262140s";

const INTERFACE = /^[^\s/\p{C}]{1,15}$/u;

/** The name of a network interface. */
export function interfaceName(about: string, example: string) {
  return text("an interface name of 1 to 15 characters", INTERFACE, { about, example });
}

export const daemonEntries = {
  tunnel: v.optional(interfaceName("The name that the tunnel device gets.", "mext0"), "mext0"),
  stateFile: v.optional(path({
    about: "Where bindings and sequence numbers are kept over a restart. Without it they are lost.",
    source: "RFC 6275 §9.5.1, §10.3.1",
    example: "/var/lib/mext/state",
  })),
  control: v.optional(path({
    about: "The socket that `mext status` and `mext watch` talk to. Without it there is none.",
    example: "/run/mext/control.sock",
  })),
  logLevel: v.optional(word(["trace", "debug", "info", "warn", "error"], {
    about: "The least important kind of event that is logged.",
  }), "info"),
};

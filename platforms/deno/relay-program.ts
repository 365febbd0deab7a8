/** `mext relay` as a program for Deno: `deno run --allow-net --unstable-net relay.js --home-agent … --listen …`. */
import { relay } from "../linux/cli/relay.ts";
import { complain } from "./complain.ts";
import { deno } from "./net.ts";

deno().exit(await relay(deno().args).catch((error: Error) => complain("relay", error)));

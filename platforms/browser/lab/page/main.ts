/** Starts the lab's page: the worker, then the views; says what is missing where it cannot run. */
import { startLab } from "../../client.ts";
import { PRESETS } from "../presets.ts";
import { decodeScenario, encodeScenario } from "../scenario-url.ts";
import { byId, html } from "./dom.ts";
import { Lab } from "./lab.ts";
import { wordsOf } from "./messages.ts";

/** For the curious, and for tests. */
declare global {
  var mextLab: { lab: Lab } | undefined;
}

/** A frame is asked for 60 times a second: a worker that is silent for so long is gone. */
const TIMEOUT_MS = 6000;

try {
  let lab: Lab | undefined;
  const client = await startLab({
    timeoutMs: TIMEOUT_MS,
    onRestart: (why) => {
      const words = "The worker was lost and has been restarted: the scenario goes on";
      lab?.messages.toast(`${words} (${why})`);
      lab?.messages.announce(words);
    },
  });
  lab = new Lab(client, PRESETS, { encode: encodeScenario, decode: decodeScenario });
  globalThis.mextLab = { lab };
  await lab.openAddress();
} catch (error) {
  const banner = byId("banner");
  banner.replaceChildren(html("span", {}, `The lab cannot start here: ${wordsOf(error)}`));
  banner.hidden = false;
}

/** What a person takes away from a scenario: its address, its packets, the configuration of real daemons. */
import type { Scenario } from "../contract.ts";
import { copyText, saveFile, showAddress, showConfiguration } from "./downloads.ts";
import type { RemoteWorld } from "./lab.ts";
import type { Messages } from "./messages.ts";

export class Takeaways {
  constructor(private readonly remote: RemoteWorld, private readonly messages: Messages) {}

  /** The page's address is that of the scenario. */
  async share(): Promise<void> {
    if (await copyText(location.href)) this.messages.toast("The address of this scenario is copied");
    else showAddress(location.href);
  }

  savePackets({ preset = "scenario", seed }: Scenario): Promise<void> {
    return this.tried(async () => {
      saveFile(`mext-${preset}-${seed}.pcapng`, await this.remote.pcapng(), "application/x-pcapng");
    });
  }

  showConfiguration(): Promise<void> {
    return this.tried(async () => {
      showConfiguration(await this.remote.configuration(), (text) => this.messages.toast(text));
    });
  }

  private async tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.messages.fail(error);
    }
  }
}

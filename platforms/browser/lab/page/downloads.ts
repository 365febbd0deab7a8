/** What a person takes away: the packets as pcapng, the configuration of real daemons, the address of a scenario. */
import type { ConfigFile } from "../contract.ts";
import { openDialog } from "./dialogs.ts";
import { html } from "./dom.ts";

/** Offers octets or text as a file. */
export function saveFile(name: string, content: Uint8Array | string, type: string): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type }));
  const link = html("a", { href: url, download: name });
  document.body.append(link); // Firefox wants it in the page
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** False: the browser does not let us. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** For browsers that let nothing be copied. */
export function showAddress(address: string): void {
  const field = html("input", { type: "text", readonly: true, value: address, "aria-label": "Address" });
  openDialog("address", "The address of this scenario", field);
  field.select();
}

/** The files that make real daemons do the same, each to copy or to save. */
export function showConfiguration(files: readonly ConfigFile[], tell: (text: string) => void): void {
  openDialog("configuration", "Configuration of the real daemons",
    html("p", {}, "These files make ", html("code", {}, "mext"), " do on your own machines what you see here. Save them in one folder, ",
      "and check one with ", html("code", {}, "mext check FILE"), "."),
    ...files.map(({ name, text }) => html("section", { class: "file", "aria-label": name },
      html("h3", {}, name),
      html("button", {
        type: "button", "aria-label": `Copy ${name}`,
        click: () => void copyText(text)
          .then((done) => tell(done ? `${name} copied` : "The browser allows no copying: save the file")),
      }, "Copy"),
      html("button", { type: "button", "aria-label": `Save ${name}`, click: () => saveFile(name, text, "text/plain") }, "Save"),
      html("pre", { tabindex: 0 }, text))));
}

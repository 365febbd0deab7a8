/** Dialogs: each has a title, and a button that closes it. */
import { html, icon } from "./dom.ts";

export function closeButton(close: () => void): HTMLButtonElement {
  return html("button", { type: "button", class: "close", "aria-label": "Close", click: close }, icon("M4 4l8 8M12 4l-8 8"));
}

/** A dialog with a title and a button to close it; it is gone from the page when closed. */
export function openDialog(name: string, title: string, ...content: Node[]): HTMLDialogElement {
  const heading = `${name}-title`;
  const dialog = html("dialog", { class: name, "aria-labelledby": heading, close: () => dialog.remove() },
    html("h2", { id: heading }, title),
    closeButton(() => dialog.close()),
    ...content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Elements in one expression each; no framework. */

type Attributes = Readonly<Record<string, string | number | boolean | ((event: never) => void) | null | undefined>>;
type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element of HTML. An attribute that is a function listens to the event of its name ("click"); one that is true
 * stands without a value; false, null and undefined leave it out.
 */
export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name, attributes: Attributes = {}, ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

/** An element of SVG, in the same way. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name, attributes: Attributes = {}, ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Sets, changes or (false, null, undefined) removes an attribute; touches nothing when it is so already. */
export function setAttribute(element: Element, name: string, value: string | number | boolean | null | undefined): void {
  const text = value === true ? "" : value === false || value === null || value === undefined ? null : String(value);
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

/** Changes the text of an element, if it is another: a screen reader hears of changes only. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The element of the page with this id, which index.html has. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/** A small picture of 16 × 16, drawn by strokes in the colour of the text; says nothing to a screen reader. */
export function icon(path: string, isFilled = false): SVGSVGElement {
  const className = isFilled ? "icon filled" : "icon";
  return svg("svg", { viewBox: "0 0 16 16", class: className, "aria-hidden": "true" }, svg("path", { d: path }));
}

// Elements out of plain words. Whatever somebody typed (names, reasons, replies) becomes a text node
// here and nowhere else, so none of it is ever read as HTML.

let ids = 0;

// An id that no other element has, for labels and descriptions.
export function unique_id(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

// `properties` are attributes; true sets one without a value, false, null and undefined leave it out.
// `on` holds listeners. Children are elements or text; what is null or false is left out.
export function element(name, properties = {}, ...children) {
  return dress(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return dress(
    document.createElementNS('http://www.w3.org/2000/svg', name),
    properties,
    children,
  );
}

export function replace(parent, ...children) {
  parent.replaceChildren(...shown(children));
}

function dress(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, String(value));
    }
  }
  for (const [event, listener] of Object.entries(on)) {
    node.addEventListener(event, listener);
  }
  node.append(...shown(children));
  return node;
}

function shown(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false);
}

// Keeps the children of an element in step with a list, by key: what stays is changed in place, so that nothing flickers and the focus
// stays where it is.

/** @template Item */
export class KeyedList {
  /** @param {Element} container @param {{key: (item: Item) => string, build: (item: Item) => HTMLElement, update: (element: HTMLElement, item: Item) => void}} parts */
  constructor(container, { key, build, update }) {
    this.container = container;
    this.key = key;
    this.build = build;
    this.update = update;
    /** @type {Map<string, HTMLElement>} */
    this.elements = new Map();
  }

  /** @param {Item[]} items */
  show(items) {
    const keep = new Set(items.map(this.key));
    for (const [key, element] of this.elements) {
      if (keep.has(key)) continue;
      element.remove();
      this.elements.delete(key);
    }
    items.forEach((item, index) => this.place(item, index));
  }

  /** @param {Item} item @param {number} index */
  place(item, index) {
    const key = this.key(item);
    let element = this.elements.get(key);
    if (!element) {
      element = this.build(item);
      this.elements.set(key, element);
    }
    this.update(element, item);
    if (this.container.children[index] !== element) this.container.insertBefore(element, this.container.children[index] ?? null);
  }
}

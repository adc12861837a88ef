// What this person chose, kept in this browser: units, theme, base map. Tells of changes by a `change` event.

/** @typedef {{units: 'kmh' | 'mph', theme: 'system' | 'light' | 'dark', detail: 'on' | 'off'}} Values */

/** @type {Values} */
const DEFAULTS = { units: defaultUnits(), theme: 'system', detail: 'on' };

function defaultUnits() {
  return /-(US|GB)$/.test(navigator.language) ? 'mph' : 'kmh';
}

export class Settings extends EventTarget {
  constructor() {
    super();
    this.values = { ...DEFAULTS };
    for (const key of /** @type {(keyof Values)[]} */ (Object.keys(DEFAULTS))) {
      const saved = localStorage.getItem(`crumbtrail.${key}`);
      if (saved) /** @type {Record<string, string>} */ (this.values)[key] = saved;
    }
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.announce('theme'));
  }

  /** @param {keyof Values} key @param {string} value */
  set(key, value) {
    /** @type {Record<string, string>} */ (this.values)[key] = value;
    localStorage.setItem(`crumbtrail.${key}`, value);
    if (key === 'theme') this.applyTheme();
    this.announce(key);
  }

  applyTheme() {
    const { theme } = this.values;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  /** @param {keyof Values} key */
  announce(key) {
    this.dispatchEvent(new CustomEvent('change', { detail: key }));
  }
}

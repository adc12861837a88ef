// The two dialogs: settings and help.
import { byId, setText } from './dom.js';
import { formatAge } from './format.js';

/** @param {string} id */
function dialog(id) {
  return /** @type {HTMLDialogElement} */ (byId(id));
}

/** @param {import('./settings.js').Settings} settings */
export function setUpDialogs(settings) {
  byId('open-settings').addEventListener('click', () => dialog('settings').showModal());
  byId('open-help').addEventListener('click', showHelp);
  for (const id of ['settings', 'help']) {
    dialog(id).addEventListener('click', (event) => event.target === dialog(id) && dialog(id).close());
  }
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('#settings input[type=radio]'))) {
    const key = /** @type {keyof import('./settings.js').Values} */ (input.name);
    input.checked = settings.values[key] === input.value;
    input.addEventListener('change', () => settings.set(key, input.value));
  }
}

export function showHelp() {
  dialog('help').showModal();
}

/** @param {boolean} hasDetail @param {number} silentAfterS */
export function describeServer(hasDetail, silentAfterS) {
  byId('settings-detail').hidden = !hasDetail;
  setText(byId('help-silent'), formatAge(silentAfterS * 1000));
}

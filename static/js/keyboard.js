// Shortcuts of the whole page. They rest while a field is being typed in, and while a dialog is open.

/** @param {Record<string, () => void>} actions by key, as KeyboardEvent.key gives it in lower case */
export function listenForShortcuts(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return;
    if (isTyping(event.target) && event.key !== 'Escape') return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  const isTextField = target instanceof HTMLInputElement && !/^(radio|checkbox|button)$/.test(target.type);
  return isTextField || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

// The form by which a person asks the selected vehicle for a state.
import { ApiError, putDesired } from './api.js';
import { judgeMembers } from './desired_members.js';
import { byId, setText } from './dom.js';

const WHO_KEY = 'crumbtrail.who';

export class DesiredForm {
  /** @param {() => void} onSent */
  constructor(onSent) {
    this.onSent = onSent;
    this.members = /** @type {HTMLTextAreaElement} */ (byId('ask-members'));
    this.who = /** @type {HTMLInputElement} */ (byId('ask-who'));
    this.expiry = /** @type {HTMLSelectElement} */ (byId('ask-expiry'));
    this.button = /** @type {HTMLButtonElement} */ (byId('ask-send'));
    this.status = byId('ask-status');
    /** @type {string | null} */
    this.vehicle = null;
    /** @type {string | null} */
    this.shadow = null;
    this.key = makeKey();
    this.isSending = false;
    this.who.value = readWho();
    this.members.addEventListener('input', () => this.onInput());
    for (const field of [this.who, this.expiry]) field.addEventListener('input', () => (this.key = makeKey()));
    byId('ask-form').addEventListener('keydown', (event) => event.key === 'Escape' && this.leave(event));
    byId('ask-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.send();
    });
    this.judge();
  }

  /** @param {string | null} vehicle @param {string | null} shadow */
  setTarget(vehicle, shadow) {
    if (vehicle !== this.vehicle) {
      this.members.value = '';
      setText(this.status, '');
    }
    this.vehicle = vehicle;
    this.shadow = shadow;
    this.key = makeKey();
    this.judge();
  }

  /** Escape closes the form, not the vehicle: what was typed stays. @param {KeyboardEvent} event */
  leave(event) {
    const details = /** @type {HTMLDetailsElement} */ (byId('ask'));
    event.preventDefault();
    details.open = false;
    details.querySelector('summary')?.focus();
  }

  onInput() {
    this.key = makeKey();
    setText(this.status, '');
    this.judge();
  }

  /** @returns {Record<string, unknown> | null} */
  judge() {
    const { members, problem } = judgeMembers(this.members.value);
    setText(byId('ask-problem'), problem);
    this.members.setAttribute('aria-invalid', String(problem !== ''));
    this.button.setAttribute('aria-disabled', String(members === null || this.isSending));
    return members;
  }

  async send() {
    const members = this.judge();
    const { vehicle } = this;
    if (this.isSending || vehicle === null) return;
    if (members === null) {
      if (this.members.value.trim() === '') setText(byId('ask-problem'), 'Name at least one member: {"name": value}.');
      return this.members.focus();
    }
    this.isSending = true;
    this.judge();
    setText(this.status, 'Handing over ...');
    const text = await this.put(vehicle, members);
    this.isSending = false;
    if (this.vehicle !== vehicle) return;
    setText(this.status, text);
    this.judge();
  }

  /** @param {string} vehicle @param {object} members @returns {Promise<string>} what to tell */
  async put(vehicle, members) {
    const who = this.who.value.trim();
    const request = { desired: members, expires_after_s: Number(this.expiry.value), ...(who && { requested_by: who }), ...(this.shadow !== null && { shadow: this.shadow }) };
    rememberWho(who);
    try {
      const change = await putDesired(vehicle, request, this.key);
      this.key = makeKey();
      this.onSent();
      if (this.vehicle === vehicle) this.members.value = '';
      return `Taken as change ${change.id}.`;
    } catch (error) {
      return error instanceof ApiError ? error.message : 'It could not be handed over.';
    }
  }
}

/** Random, for the same request made again after a lost answer. */
function makeKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
}

/** Where storage is refused, the name is typed anew. */
function readWho() {
  try {
    return localStorage.getItem(WHO_KEY) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} who */
function rememberWho(who) {
  try {
    localStorage.setItem(WHO_KEY, who);
  } catch {
    // Not remembered.
  }
}

// The dialog that shows the query against the database's own views that gives the numbers of the report.
import { describeError } from './api.js';
import { byId, setText } from './dom.js';
import { fetchReportSql } from './speeding_api.js';

export class SpeedingSql {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (byId('speeding-sql'));
    this.text = byId('speeding-sql-text');
    this.state = byId('speeding-sql-state');
    byId('speeding-sql-copy').addEventListener('click', () => void this.copy());
    byId('speeding-sql-close').addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('click', (event) => event.target === this.dialog && this.dialog.close());
  }

  /** @param {URLSearchParams} query */
  async show(query) {
    setText(this.text, '');
    setText(this.state, 'Reading the query.');
    this.dialog.showModal();
    try {
      setText(this.text, await fetchReportSql(query));
      setText(this.state, '');
    } catch (error) {
      setText(this.state, describeError(error));
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text.textContent ?? '');
      setText(this.state, 'Copied.');
    } catch {
      // Without HTTPS a browser lets nobody write the clipboard.
      getSelection()?.selectAllChildren(this.text);
      setText(this.state, 'Selected: copy it with Ctrl+C.');
    }
  }
}

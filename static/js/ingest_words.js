// The words for ways in, and for how an object of S3 was found.

/** @type {Record<string, string>} */
const PATHS = { iot_http: 'HTTP action', sns: 'SNS', s3: 'S3', firehose: 'Firehose', replay: 'Replay' };
/** @type {Record<string, string>} */
const FINDERS = { sns: 'SNS', sqs: 'SQS', webhook: 'Webhook', eventbridge: 'EventBridge', backfill: 'Back-fill', sweep: 'Sweep' };

export const PATH_NAMES = Object.keys(PATHS);

/** @param {string} path */
export function pathWord(path) {
  return PATHS[path] ?? path;
}

/** @param {string} finder */
export function finderWord(finder) {
  return FINDERS[finder] ?? finder;
}

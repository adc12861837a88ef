// Objects as AWS writes them: one event each by a rule's S3 action, many by Firehose; and what the notifications of S3 say.
import { gzipSync } from 'node:zlib';

import { iotEvent } from './program.js';

/** `count` events of one vehicle, a second apart, as the rule emits them. */
export function eventsOf(vehicle, count, { from = Math.floor(Date.now() / 1000) - 3600, more = {} } = {}) {
  return Array.from({ length: count }, (_, i) =>
    iotEvent({ vehicle, version: i + 1, seconds: from + i, lat: 45.5 + i * 1e-5, lon: -122.7, more }));
}

/** Key and body of an object of the S3 action. */
export function ruleObject(event, layout = 's3', prefix = 'iot/iotfleet') {
  const name = event.thingnm;
  const milliseconds = `${event.timestamp * 1000 + (event.current.version % 1000)}`;
  const keys = {
    s3: `${prefix}/s3/${name}/${milliseconds}`,
    topic: `${prefix}/s3/$aws/things/${name}/shadow/update/documents/${milliseconds}`,
    s3p: `${prefix}/s3p/thingname=${name}/${milliseconds}`,
  };
  return { key: keys[layout], body: JSON.stringify(event) };
}

/** Key and body of an object of Firehose; `members` gzip streams one behind the other (0: not compressed). */
export function firehoseObject(events, { number = 1, separator = '\n', members = 1, prefix = 'iot/iotfleet/firehose',
  seconds = Math.floor(Date.now() / 1000) } = {}) {
  const time = new Date(seconds * 1000).toISOString();
  const day = time.slice(0, 10).replaceAll('-', '/');
  const stamp = time.slice(0, 19).replace('T', '-').replaceAll(':', '-');
  const uuid = `0f0e5c3e-8b83-4d5c-9a34-${String(number).padStart(12, '0')}`;
  const size = Math.ceil(events.length / Math.max(members, 1));
  const parts = [];
  for (let i = 0; i < events.length; i += size) {
    const text = events.slice(i, i + size).map((event) => JSON.stringify(event) + separator).join('');
    parts.push(members === 0 ? Buffer.from(text) : gzipSync(text));
  }
  return { key: `${prefix}/${day}/${time.slice(11, 13)}/iotfleet-1-${stamp}-${uuid}${members === 0 ? '' : '.gz'}`,
    body: Buffer.concat(parts) };
}

/** S3's own notification of objects, its keys encoded as in a form. */
export function s3Notification(bucket, objects) {
  return {
    Records: objects.map(({ key, etag, size, versionId, eventName = 'ObjectCreated:Put' }) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-west-2',
      eventTime: '2024-05-20T00:28:53.000Z',
      eventName,
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'crumbtrail',
        bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
        object: {
          key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
          ...(size === undefined ? {} : { size }),
          ...(etag === undefined ? {} : { eTag: etag }),
          ...(versionId === undefined ? {} : { versionId }),
          sequencer: '0055AED6DCD90281E5',
        },
      },
    })),
  };
}

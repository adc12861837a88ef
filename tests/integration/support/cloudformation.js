// A CloudFormation template with its functions worked out for given parameters, as far as deploy/aws uses them; and the two things
// that AWS IoT does with what comes out: the rule's SQL and its substitution templates.
import fs from 'node:fs';
import YAML from 'yaml';

const PSEUDO = { 'AWS::AccountId': '123456789012', 'AWS::Region': 'us-west-2', 'AWS::Partition': 'aws' };
const ABSENT = Symbol('AWS::NoValue');

const short = ['Ref', 'Sub', 'GetAtt', 'If', 'Not', 'And', 'Or', 'Equals', 'Condition', 'Join'];
const tags = short.flatMap((name) => ['scalar', 'seq'].map((kind) => ({
  tag: `!${name}`,
  collection: kind === 'scalar' ? undefined : 'seq',
  identify: () => false,
  resolve: (value) => ({ [`!${name}`]: kind === 'scalar' ? value : value.toJSON() }),
})));

/** @param {Record<string, string|number>} given parameters that differ from their defaults */
export function loadTemplate(file, given = {}) {
  const template = YAML.parse(fs.readFileSync(file, 'utf8'), { customTags: tags });
  const parameters = { ...PSEUDO };
  for (const [name, { Default: fallback, AllowedPattern: pattern, AllowedValues: values }] of Object.entries(template.Parameters)) {
    parameters[name] = given[name] ?? fallback;
    if (pattern && !new RegExp(`^(?:${pattern})$`).test(parameters[name])) {
      throw new Error(`${name}: "${parameters[name]}" does not match ${pattern}`);
    }
    if (values && !values.includes(parameters[name])) {
      throw new Error(`${name}: "${parameters[name]}" is none of ${values}`);
    }
  }
  for (const name of Object.keys(given)) {
    if (!(name in template.Parameters)) {
      throw new Error(`no parameter ${name}`);
    }
  }
  return new Template(template, parameters);
}

class Template {
  constructor(template, parameters) {
    this.template = template;
    this.parameters = parameters;
    this.resources = {};
    for (const [name, resource] of Object.entries(template.Resources)) {
      if (!resource.Condition || this.holds(resource.Condition)) {
        this.resources[name] = { ...resource, Properties: this.evaluate(resource.Properties ?? {}) };
      }
    }
    this.outputs = {};
    for (const [name, output] of Object.entries(template.Outputs)) {
      if (!output.Condition || this.holds(output.Condition)) {
        this.outputs[name] = this.evaluate(output.Value);
      }
    }
  }

  holds(condition) {
    return this.evaluate(this.template.Conditions[condition]);
  }

  reference(name) {
    if (name === 'AWS::NoValue') {
      return ABSENT;
    }
    if (name in this.parameters) {
      return this.parameters[name];
    }
    const resource = this.template.Resources[name];
    if (!resource) {
      throw new Error(`nothing is named ${name}`);
    }
    if (resource.Condition && !this.holds(resource.Condition)) {
      throw new Error(`${name} is not made with these parameters`);
    }
    if (resource.Type === 'AWS::S3::Bucket') {
      return this.evaluate(resource.Properties.BucketName);
    }
    return resource.Type === 'AWS::SQS::Queue' ? `https://sqs.us-west-2.amazonaws.com/123456789012/${name}` : this.arn(name);
  }

  arn(name) {
    const resource = this.template.Resources[name];
    if (resource.Type === 'AWS::S3::Bucket') {
      return `arn:aws:s3:::${this.reference(name)}`;
    }
    const service = resource.Type.split('::')[1].toLowerCase();
    return `arn:aws:${service}:us-west-2:123456789012:${name}`;
  }

  substitute(text) {
    return text.replace(/\$\{(!?)([^}]*)\}/g, (whole, isLiteral, name) => {
      if (isLiteral) {
        return `\${${name}}`;
      }
      return name.endsWith('.Arn') ? this.arn(name.slice(0, -4)) : this.reference(name);
    });
  }

  evaluate(value) {
    if (Array.isArray(value)) {
      return value.map((item) => this.evaluate(item)).filter((item) => item !== ABSENT);
    }
    if (value === null || typeof value !== 'object') {
      return value;
    }
    const [first] = Object.keys(value);
    if (first?.startsWith('!')) {
      return this.call(first.slice(1), value[first]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.evaluate(item)])
      .filter(([, item]) => item !== ABSENT));
  }

  call(name, argument) {
    switch (name) {
      case 'Ref': return this.reference(argument);
      case 'Sub': return this.substitute(argument);
      case 'GetAtt': return this.arn(argument.replace(/\.Arn$/, ''));
      case 'Condition': return this.holds(argument);
      case 'If': return this.evaluate(argument[this.holds(argument[0]) ? 1 : 2]);
      case 'Not': return !this.evaluate(argument[0]);
      case 'And': return argument.every((item) => this.evaluate(item));
      case 'Or': return argument.some((item) => this.evaluate(item));
      case 'Equals': return this.evaluate(argument[0]) === this.evaluate(argument[1]);
      case 'Join': return this.evaluate(argument[1]).join(argument[0]);
      default: throw new Error(`unknown function ${name}`);
    }
  }
}

// --- AWS IoT ---

function callFunction(expression, topic) {
  const match = /^(\w+)\(\s*(\d*)\s*\)$/.exec(expression.trim());
  switch (match?.[1]) {
    case 'topic': return match[2] === '' ? topic : topic.split('/')[Number(match[2]) - 1];
    case 'timestamp': return '1463704133689';
    case 'newuuid': return '123e4567-e89b-42d3-a456-426614174000';
    default: throw new Error(`AWS IoT has no ${expression}`);
  }
}

/** `${topic(3)}/${timestamp()}` of an action. */
export function fillTemplate(template, topic) {
  return template.replace(/\$\{([^}]*)\}/g, (whole, expression) => callFunction(expression, topic));
}

/** What a rule makes of a message: null when it is not for it. Knows "SELECT f() as a, ..., * FROM 't/+/u' WHERE startswith(f(), 'x')". */
export function applyRule(sql, topic, payload) {
  const match = /^SELECT (.+), \* FROM '([^']+)' WHERE startswith\((.+), '([^']*)'\)$/.exec(sql.replace(/\s+/g, ' ').trim());
  if (!match) {
    throw new Error(`the rule has another form than this test knows: ${sql}`);
  }
  const [, columns, filter, subject, beginning] = match;
  const parts = topic.split('/');
  const wanted = filter.split('/');
  if (wanted.length !== parts.length || !wanted.every((part, i) => part === '+' || part === parts[i])
    || !callFunction(subject, topic).startsWith(beginning)) {
    return null;
  }
  const event = Object.fromEntries(columns.split(/,(?![^(]*\))/).map((column) => {
    const [expression, name] = column.trim().split(' as ');
    return [name, callFunction(expression, topic)];
  }));
  return { ...event, ...payload };
}

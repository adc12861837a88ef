// Renders /openapi.json as a list of routes. Text only ever reaches the page as text.

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function resolve(api, value) {
  if (!value?.$ref) {
    return value;
  }
  return value.$ref.slice(2).split('/').reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], api);
}

function typeOf(api, schema) {
  if (!schema) {
    return '';
  }
  if (schema.$ref) {
    return schema.$ref.split('/').at(-1);
  }
  const type = [schema.type ?? ''].flat().join(' or ');
  const choice = schema.enum ? `: ${schema.enum.join(', ')}` : '';
  const bounds = schema.minimum === undefined ? '' : ` ${schema.minimum} to ${schema.maximum ?? '...'}`;
  const initial = schema.default === undefined ? '' : `, default ${schema.default}`;
  const items = schema.items ? ` of ${typeOf(api, schema.items)}` : '';
  return `${type}${items}${schema.format ? ` (${schema.format})` : ''}${choice}${bounds}${initial}`;
}

function table(caption, headings, rows) {
  const head = element('tr', {}, ...headings.map((heading) => element('th', { scope: 'col' }, heading)));
  const body = rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, cell))));
  return element('table', {}, element('caption', {}, caption), element('thead', {}, head), element('tbody', {}, ...body));
}

function parameterTable(api, parameters) {
  const rows = parameters.map((parameter) => [
    element('code', {}, parameter.name),
    parameter.in + (parameter.required ? ', required' : ''),
    typeOf(api, parameter.schema),
    parameter.description ?? '',
  ]);
  return table('Parameters', ['Name', 'In', 'Type', 'Meaning'], rows);
}

function answerTable(api, responses) {
  const rows = Object.entries(responses).map(([status, reference]) => {
    const response = resolve(api, reference);
    const content = Object.entries(response.content ?? {}).map(([type, media]) => {
      const schema = typeOf(api, media.schema);
      return schema ? `${type}: ${schema}` : type;
    });
    return [status, response.description, content.join('; ')];
  });
  return table('Answers', ['Status', 'Meaning', 'Content'], rows);
}

function routeArticle(api, path, shared, method, operation) {
  const id = operation.operationId;
  const parameters = [...(shared ?? []), ...(operation.parameters ?? [])].map((parameter) => resolve(api, parameter));
  const article = element('article', { id },
    element('h3', {}, element('span', { class: 'method' }, method.toUpperCase()), element('code', {}, path)),
    element('p', {}, operation.summary));
  if (operation.description) {
    article.append(element('p', {}, operation.description));
  }
  if (parameters.length > 0) {
    article.append(parameterTable(api, parameters));
  }
  article.append(answerTable(api, operation.responses));
  return article;
}

function schemaArticle(api, name, schema) {
  const rows = Object.entries(schema.properties).map(([key, property]) => [
    element('code', {}, key), typeOf(api, property), resolve(api, property).description ?? '',
  ]);
  return element('article', { id: `schema-${name}` }, element('h3', {}, element('code', {}, name)),
    element('p', {}, schema.description ?? ''), table('Members', ['Name', 'Type', 'Meaning'], rows));
}

function show(api) {
  const routes = document.getElementById('routes');
  const list = element('ul');
  routes.replaceChildren(element('h2', {}, 'Routes'));
  for (const paragraph of api.info.description.split('\n\n')) {
    routes.append(element('p', {}, paragraph));
  }
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      routes.append(routeArticle(api, path, item.parameters, method, item[method]));
      list.append(element('li', {}, element('a', { href: `#${item[method].operationId}` }, `${method.toUpperCase()} ${path}`)));
    }
  }
  routes.append(element('h2', {}, 'Objects'));
  for (const [name, schema] of Object.entries(api.components.schemas).filter(([, value]) => value.properties)) {
    routes.append(schemaArticle(api, name, schema));
  }
  document.getElementById('index').replaceChildren(list);
}

const answer = await fetch('/openapi.json');
show(await answer.json());

// Reads one JSON string of SQL a line and answers one line of facts, as PostgreSQL's own parser sees them.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
const require = createRequire(process.cwd() + '/');
const pg = require('@libpg-query/parser');
await pg.loadModule();
const last = names => names[names.length - 1]?.String?.sval ?? '';
function walk(node, facts) {
  if (Array.isArray(node)) { node.forEach(n => walk(n, facts)); return; }
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    switch (key) {
      case 'RangeVar': facts.relations.add(name(value)); break;
      case 'relation': if (value?.relname) facts.relations.add(name(value)); break;
      case 'rel': if (value?.relname) facts.relations.add(name(value)); break;
      case 'alias': if (value?.aliasname) facts.aliases.add(value.aliasname); break;
      case 'FuncCall': if (value.funcformat !== 'COERCE_SQL_SYNTAX') facts.functions.add(last(value.funcname)); break;
      case 'typeName': if (value?.names) facts.types.add(last(value.names)); break;
      case 'RangeTableSample': facts.functions.add(last(value.method)); break;
      case 'ColumnRef': facts.columns.add(value.fields.map(f => f.String?.sval ?? '*').join('.')); value.fields.slice(1).forEach(f => f.String && facts.attributes.add(f.String.sval)); break;
      case 'A_Indirection': value.indirection.forEach(f => f.String && facts.attributes.add(f.String.sval)); break;
      case 'InsertStmt': case 'UpdateStmt': case 'MergeStmt': facts.writes = true; break;
      case 'DeleteStmt': facts.writes = true; break;
      case 'lockingClause': facts.locks = true; continue;
      case 'intoClause': facts.into = true; break;
      case 'ParamRef': facts.parameters = Math.max(facts.parameters, value.number ?? 0); break;
      case 'ctes': value.forEach(c => facts.ctes.add(c.CommonTableExpr.ctename)); break;
    }
    walk(value, facts);
  }
}
const name = r => [r.catalogname, r.schemaname, r.relname].filter(Boolean).join('.');
createInterface({ input: process.stdin }).on('line', line => {
  const facts = { relations: new Set(), functions: new Set(), attributes: new Set(), types: new Set(), columns: new Set(), aliases: new Set(), ctes: new Set(), writes: false, locks: false, into: false, parameters: 0 };
  let out;
  try {
    const tree = pg.parseSync(JSON.parse(line));
    const kinds = (tree.stmts ?? []).map(s => Object.keys(s.stmt)[0]);
    walk(tree.stmts ?? [], facts);
    out = { ok: true, kinds };
  } catch (e) { out = { ok: false, kinds: [] }; }
  console.log(JSON.stringify({ ...out, ...facts, relations: [...facts.relations], functions: [...facts.functions], attributes: [...facts.attributes], types: [...facts.types], columns: [...facts.columns], aliases: [...facts.aliases], ctes: [...facts.ctes] }));
});

// A source file as the rules see it: its path, its syntax, and everything that it imports, in whatever way.
import ts from "typescript";

export type Source = {
  /** From the root of the repository, with `/`. */
  path: string;
  text: string;
  /** Every node of the syntax, depth first. */
  nodes: ts.Node[];
  imports: Import[];
  /** A test, or a `.fake.ts` that only tests use: never published. */
  isTest: boolean;
};

export type Import = {
  /** Undefined where only running the code could tell. */
  specifier: string | undefined;
  typeOnly: boolean;
};

export function parseSource(path: string, text: string): Source {
  const nodes = nodesOf(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return { path, text, nodes, imports: importsOf(nodes), isTest: /\.(test|fake)\.ts$/.test(path) };
}

function nodesOf(node: ts.Node): ts.Node[] {
  const nodes = [node];
  // A callback that gives something would end the walk.
  ts.forEachChild(node, (child) => void nodes.push(...nodesOf(child)));
  return nodes;
}

function importsOf(nodes: ts.Node[]): Import[] {
  const loaders = new Set(["require", ...nodes.filter(isMadeByCreateRequire).map((node) => node.name.getText())]);
  return nodes.flatMap((node) => importOf(node, loaders) ?? []);
}

function importOf(node: ts.Node, loaders: ReadonlySet<string>): Import | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: textOf(node.moduleSpecifier), typeOnly: isTypeOnlyClause(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : undefined;
    return { specifier: textOf(node.moduleSpecifier), typeOnly: node.isTypeOnly || everyIsTypeOnly(named) };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { specifier: textOf(node.moduleReference.expression), typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node)) {
    const specifier = ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined;
    return { specifier, typeOnly: true };
  }
  if (ts.isCallExpression(node) && loads(node.expression, loaders)) {
    return { specifier: node.arguments[0] && textOf(node.arguments[0]), typeOnly: false };
  }
  return undefined;
}

/** `import(…)`, `require(…)`, `require.resolve(…)`, `createRequire(…)(…)`, `import.meta.resolve(…)`. */
function loads(callee: ts.Expression, loaders: ReadonlySet<string>): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return loaders.has(callee.text);
  if (ts.isCallExpression(callee)) return callee.expression.getText() === "createRequire";
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "resolve") return false;
  return ts.isMetaProperty(callee.expression) || loads(callee.expression, loaders);
}

function isMadeByCreateRequire(node: ts.Node): node is ts.VariableDeclaration {
  if (!ts.isVariableDeclaration(node) || !node.initializer || !ts.isCallExpression(node.initializer)) return false;
  return node.initializer.expression.getText() === "createRequire";
}

function isTypeOnlyClause(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named =
    clause.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : undefined;
  return clause.name === undefined && everyIsTypeOnly(named);
}

function everyIsTypeOnly(names: ts.NodeArray<ts.ImportSpecifier | ts.ExportSpecifier> | undefined): boolean {
  return names !== undefined && names.length > 0 && names.every((name) => name.isTypeOnly);
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

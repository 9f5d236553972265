// What may stand in a file, and what a file may be called.
import ts from "typescript";
import type { Rule } from "./import-rules.ts";
import type { Source } from "./source.ts";

export const environmentIsReadByFew: Rule = (sources) =>
  eachNode(ofPackages(sources), ({ path }, node) => {
    if (path.startsWith("packages/studio/") || !readsEnvironment(node) || isInFromEnv(node)) return undefined;
    return `${path} reads process.env: only the studio, functions named …FromEnv and examples do`;
  });

export const noExportStar: Rule = (sources) =>
  eachNode(sources, ({ path }, node) => {
    if (!ts.isExportDeclaration(node) || !node.moduleSpecifier) return undefined;
    if (node.exportClause && ts.isNamedExports(node.exportClause)) return undefined;
    return `${path} has ${node.getText()}: name what is exported`;
  });

/** No code that is made at run time, and no pretended sandbox. */
export const noMadeUpCode: Rule = (sources) => [
  ...eachNode(ofPackages(sources), ({ path }, node) =>
    ts.isIdentifier(node) && ["eval", "Function"].includes(node.text) && isRun(node)
      ? `${path} has ${node.parent.getText().slice(0, 40)}: code is never made at run time`
      : undefined,
  ),
  ...ofPackages(sources).flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => specifier === "vm" || specifier === "node:vm")
      .map(() => `${path} imports node:vm: it is no sandbox`),
  ),
];

const namesThatSayNothing = ["utils", "util", "common", "shared", "types", "helpers", "helper"];

export const namesSaySomething: Rule = (sources) =>
  sources.flatMap(({ path }) => {
    const segments = path.split("/");
    const fileName = segments.at(-1) ?? "";
    const stems = segments.map((segment) => segment.split(".")[0] ?? "");
    const empty = stems.filter((stem) => namesThatSayNothing.includes(stem));
    const sentences = empty.map((stem) => `${path}: "${stem}" says nothing about what is in it`);
    if (/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(fileName)) return sentences;
    return [...sentences, `${path}: file names are kebab-case`];
  });

const longest = 300;

export const filesAreShort: Rule = (sources) =>
  sources.flatMap(({ path, isTest, text }) => {
    const lines = text.trimEnd().split("\n").length;
    if (isTest || lines <= longest) return [];
    return `${path} has ${lines} lines: a file is one idea, and at most ${longest} lines`;
  });

function ofPackages(sources: Source[]): Source[] {
  return sources.filter(({ path, isTest }) => path.startsWith("packages/") && !isTest);
}

function eachNode(sources: Source[], judge: (source: Source, node: ts.Node) => string | undefined): string[] {
  return sources.flatMap((source) => source.nodes.flatMap((node) => judge(source, node) ?? []));
}

/** `process.env`, `process["env"]`, `const { env } = process`, `import { env } from "node:process"`. */
function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === "env";
  if (ts.isElementAccessExpression(node)) {
    const { expression, argumentExpression: key } = node;
    return isProcess(expression) && !(ts.isStringLiteralLike(key) && key.text !== "env");
  }
  if (ts.isVariableDeclaration(node) && node.initializer && ts.isObjectBindingPattern(node.name)) {
    const names = node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
    return isProcess(node.initializer) && names.includes("env");
  }
  if (ts.isImportSpecifier(node)) {
    const from = node.parent.parent.parent.moduleSpecifier.getText().slice(1, -1);
    return (node.propertyName ?? node.name).text === "env" && /^(node:)?process$/.test(from);
  }
  return false;
}

function isProcess(node: ts.Node): boolean {
  return node.getText() === "process" || node.getText() === "globalThis.process";
}

function isInFromEnv(node: ts.Node): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if ((ts.isFunctionDeclaration(at) || ts.isVariableDeclaration(at)) && at.name?.getText().endsWith("FromEnv"))
      return true;
  }
  return false;
}

/** Called, made with `new`, or handed around; a type such as `value: Function` runs nothing. */
function isRun(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent) && parent.name === name)
    return parent.expression.getText() === "globalThis";
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) return false;
  return ts.isExpression(parent) || ts.isVariableDeclaration(parent);
}

import fc from "fast-check";
import { expect, it } from "vitest";
import { htmlToText } from "./html-to-text.ts";

const base = "https://site.test/dir/page";
const text = (html: string) => htmlToText(html, base, 100_000).text;

it("lays a page out as a person reads it", () => {
  const { title, text } = htmlToText(
    `<!DOCTYPE html><html><head><title>Hello &amp; <b>welcome</b></title><style>p { color: red }</style></head>
    <body><!-- hidden > here --><h1>News</h1>
    <p>First   paragraph,
    with <b>bold</b>, <i>italic</i> and a <a href="../other?a=1&amp;b=2">link</a>.</p>
    <ul><li>one<li>two<ol><li>inner</li><li>second</li></ol></ul>
    <table><tr><th>Name<th>Age</tr><tr><td>Anna</td><td>30</td></tr></table>
    <pre>  a
    b</pre>Line<br>break<hr>end <img alt="a cat" src=x.png></body></html>`,
    base,
    1_000,
  );
  expect(title).toBe("Hello & <b>welcome</b>");
  expect(text).toBe(
    [
      "# News",
      "",
      "First paragraph, with bold, italic and a link (https://site.test/other?a=1&b=2).",
      "",
      "- one",
      "- two",
      "  1. inner",
      "  2. second",
      "",
      "Name | Age",
      "Anna | 30",
      "",
      "  a",
      "    b",
      "",
      "Line",
      "break",
      "",
      "end a cat",
    ].join("\n"),
  );
});

it.each([
  ["<script>alert('<p>x</p>')</script>a<style>b</style><svg><text>c</text></svg><template>d</template>e", "ae"],
  ["a<script>never closed <p>b", "a"],
  ["<nav><a href=/>Home</a></nav>text", "text"],
  ["1 < 2 && 3 > 2 <- 4", "1 < 2 && 3 > 2 <- 4"],
  ['<p title="a > b" class = "c > d">x</p>', "x"],
  [
    "&lt;p&gt; &laquo;&#1044;&#x430;&raquo; &mdash; &nbsp;&hellip;&unknown; &amp;lt; &#0;&#128;",
    "<p> «Да» — …&unknown; &lt; \ufffd€",
  ],
  ["caf&eacute; &ETH;&eth; AT&T", "café Ðð AT&T"],
  ['<a href="javascript:alert(1)">a</a> <a href="#top">b</a> <a>c</a> <a href="data:text/html,x">d</a>', "a b c d"],
  ['<a href="https://x.test/">x.test</a> <a href="mailto:a@b.test">a@b.test</a>', "x.test a@b.test"],
  ['<a href="/a"><h3>Title</h3></a><p>next', "### Title (https://site.test/a)\n\nnext"],
  ["a<p></p><p></p><div></div>b", "a\n\nb"],
  ["<li>no list</li></ul></a></pre></main>x", "- no list\n\nx"],
  ["<div>a</div><div>b</div> c", "a\nb\nc"],
  ["a<!-- x", "a"],
  ["a<b", "a"],
])("%j reads %j", (html, expected) => {
  expect(text(html)).toBe(expected);
});

it("takes the main part of a page, and the whole where that is next to nothing", () => {
  const long = "word ".repeat(50).trim();
  expect(text(`<header>menu</header><main>${long}</main><footer>end</footer>`)).toBe(long);
  expect(text(`<header>${long}</header><main>loading</main>`)).toContain(long);
  expect(text(`<nav>${long}<p>never closed`)).toContain(long);
  expect(text(`<!-- <main> -->${long}`)).toBe(long);
});

it("cuts at the cap and says so", () => {
  expect(htmlToText("<p>12345678", base, 5)).toEqual({ title: "", text: "12345", isCut: true });
  expect(htmlToText("<p>12345", base, 5)).toEqual({ title: "", text: "12345", isCut: false });
});

it("a page that is made to be slow is read, however deep", () => {
  const fill = (piece: string) => piece.repeat(Math.ceil(200_000 / piece.length));
  const pages = [
    fill("<div>"),
    `${fill("<b>").slice(0, 100_000)}${fill("</i>").slice(0, 100_000)}`,
    fill("<a href=x>x"),
    fill("<table><tr><td>"),
    fill("<ul><li>"),
    fill("<main>"),
    fill("<svg>"),
    fill("<nav></nav>"),
    fill("<title>x</title>"),
    fill("<script>"),
    fill("<script></script"),
    fill("<!-"),
    fill("<!--"),
    fill("<"),
    fill("</"),
    fill('<a b="'),
    fill("&"),
    fill("&#"),
    fill("&amp"),
    fill(" "),
    fill("<pre>\n\n"),
    fill("<p>x"),
  ];
  for (const page of pages) expect(htmlToText(page, base, 24_000).text.length).toBeLessThanOrEqual(24_000);
});

it("whatever the bytes, a page is read without an error, and scripts stay out", () => {
  const piece = fc.constantFrom(
    ..."<p> </p> <a href='/x'> </a> <script> </script> <main> </main> <nav> <li> <ul> <td> <pre> </pre> <!-- --> < > & &amp; text \" ' = \n".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const html = `<script>secret</script>${pieces.join("")}`;
      expect(text(html)).not.toMatch(/secret|undefined/);
      // What is preformatted may have more empty lines.
      if (!html.includes("<pre>")) expect(text(html)).not.toContain("\n\n\n");
    }),
    { numRuns: 500 },
  );
});

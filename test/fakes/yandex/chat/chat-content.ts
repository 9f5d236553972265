// Messages of parts at the OpenAI-compatible door: texts, and pictures for models that see.
import { onlyFields } from "../only-fields.ts";
import { Refusal } from "../refusal.ts";

/** @returns the text of the parts; a picture of 896 pixels counts 256 tokens, for which a text of such a length stands */
export function checkContentParts(content: unknown, { at, takesImages }: { at: string; takesImages: boolean }): string {
  if (!Array.isArray(content) || content.length === 0) throw new Refusal(3, `Invalid value for '${at}.content'`);
  const texts = content.map((part: unknown) => {
    const { type, text, image_url: image, ...rest } = typeof part === "object" && part !== null ? wide(part) : wide({});
    if (Object.keys(rest).length > 0) throw new Refusal(3, `Unsupported parameter in a part of '${at}.content'`);
    if (type === "text" && typeof text === "string") return text;
    if (type !== "image_url" || !takesImages) throw new Refusal(3, `Unsupported part in '${at}.content'`);
    const picture = wide(typeof image === "object" && image !== null ? image : {});
    onlyFields(picture, ["url", "detail"], `${at}.content.image_url`);
    const { url } = picture;
    if (typeof url !== "string" || !/^data:image\/[\w.+-]+;base64,[\w+/]+={0,2}$/.test(url)) {
      throw new Refusal(3, `Invalid image in '${at}.content': it has to be a data URL with base64`);
    }
    return " picture".repeat(128);
  });
  return texts.join("");
}

function wide(value: object): Record<string, unknown> {
  return { ...value };
}

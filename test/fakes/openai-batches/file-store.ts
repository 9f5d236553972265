// The files of the fake: uploaded ones and those that batches leave behind.
import { type Form, readForm } from "./form.ts";
import { Refusal } from "./refusal.ts";

export type FakeFile = {
  id: string;
  object: "file";
  bytes: number;
  created_at: number;
  filename: string;
  purpose: string;
  status: "processed";
};

const purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];
const formFields = ["purpose", "expires_after[anchor]", "expires_after[seconds]"];
/** Of a file for a batch. */
const mostBytes = 200_000_000;

export class FileStore {
  /** The oldest first. */
  readonly all: FakeFile[] = [];
  readonly #contents = new Map<string, Buffer>();
  #made = 0;

  /** @throws Refusal for a form or a file that the service does not take */
  upload(contentType: string | undefined, body: Buffer): FakeFile {
    const { fields, file }: Form = readForm(contentType, body);
    const other = Object.keys(fields).find((name) => !formFields.includes(name));
    if (other) throw new Refusal(400, `Unknown parameter: '${other}'.`, { param: other });
    const { purpose } = fields;
    if (!purpose || !purposes.includes(purpose)) {
      throw new Refusal(400, `'${purpose}' is not one of ${JSON.stringify(purposes)} - 'purpose'`, {
        param: "purpose",
      });
    }
    if (file.content.length === 0) throw new Refusal(400, "File is empty.", { param: "file" });
    if (purpose === "batch") {
      if (!file.name.endsWith(".jsonl"))
        throw new Refusal(400, "Invalid file format for Batch API. Must be .jsonl", { param: "file" });
      if (file.content.length > mostBytes) throw new Refusal(413, "The file is larger than 200 MB.", { param: "file" });
    }
    return this.add(file.name, purpose, file.content);
  }

  add(filename: string, purpose: string, content: Buffer): FakeFile {
    const id = `file-${String(++this.#made).padStart(6, "0")}`;
    const created = Math.floor(Date.now() / 1000);
    const file: FakeFile = {
      id,
      object: "file",
      bytes: content.length,
      created_at: created,
      filename,
      purpose,
      status: "processed",
    };
    this.all.push(file);
    this.#contents.set(id, content);
    return file;
  }

  get(id: string): FakeFile {
    const file = this.all.find((each) => each.id === id);
    if (!file) throw new Refusal(404, `No such File object: ${id}`, { param: "id" });
    return file;
  }

  contentOf(id: string): Buffer {
    return this.#contents.get(this.get(id).id) ?? Buffer.alloc(0);
  }

  delete(id: string): { id: string; object: "file"; deleted: true } {
    this.all.splice(this.all.indexOf(this.get(id)), 1);
    this.#contents.delete(id);
    return { id, object: "file", deleted: true };
  }
}

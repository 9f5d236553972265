// What goes over the wire: POST /v1/responses as Yandex AI Studio documents it. Of replies everything can be missing.

export type ResponsesItem =
  | { role: "user"; content: string | ResponsesContentPart[] }
  | { role: "assistant"; content: string }
  | { type: "function_call"; call_id: string; name: string; arguments: string }
  | { type: "function_call_output"; call_id: string; output: string };

export type ResponsesContentPart =
  | { type: "input_text"; text: string }
  /** An address, or a `data:` URL. */
  | { type: "input_image"; image_url: string };

/** A reply, whole or as far as it is: also what is polled. */
export type WireResponse = {
  id?: string | null;
  /** `completed`, `failed`, `in_progress`, `cancelled`, `queued`, `incomplete`. */
  status?: string | null;
  /** Unix time, in seconds. */
  created_at?: number | null;
  error?: unknown;
  /** `max_output_tokens` or `content_filter`. */
  incomplete_details?: { reason?: string | null } | null;
  output?: WireItem[] | null;
  usage?: WireUsage | null;
};

export type WireItem = {
  /** `message`, `function_call`, `reasoning`, and for calls of hosted tools `web_search_call` and the like. */
  type?: string | null;
  content?: WirePart[] | null;
  /** Of reasoning. */
  summary?: WirePart[] | null;
  call_id?: string | null;
  name?: string | null;
  arguments?: string | null;
};

export type WirePart = {
  /** `output_text`, `refusal`, `summary_text`, `reasoning_text`. */
  type?: string | null;
  text?: string | null;
  refusal?: string | null;
  annotations?: WireAnnotation[] | null;
};

export type WireAnnotation = {
  /** `url_citation`, `file_citation`, `container_file_citation` (a file that the code interpreter made). */
  type?: string | null;
  /** Documented with and without `https://`. */
  url?: string | null;
  /** Documented as empty for pages. */
  title?: string | null;
  file_id?: string | null;
  filename?: string | null;
};

export type WireUsage = {
  input_tokens?: number | string | null;
  input_tokens_details?: { cached_tokens?: number | string | null } | null;
  output_tokens?: number | string | null;
  output_tokens_details?: { reasoning_tokens?: number | string | null } | null;
  total_tokens?: number | string | null;
};

/** One event of a stream. */
export type WireEvent = {
  type?: string | null;
  response?: WireResponse | null;
  output_index?: number | null;
  item?: WireItem | null;
  delta?: string | null;
  annotation?: WireAnnotation | null;
  /** Of an event `error`, where it is not in an envelope. */
  code?: string | null;
  message?: string | null;
  error?: unknown;
};

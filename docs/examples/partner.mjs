// A whole small partner system: receipts, accepts and decides every case that is sent to it. Node 18 or newer, no packages.
//
// node partner.mjs sheet.json key.jwk.json [--books books.json] [--document decision.pdf] [--cases 1]
//
// sheet.json is the start sheet, key.jwk.json the private key whose public half the gateway has pinned. Ends once so
// many cases are decided and the gateway has receipted it; --cases 0 never ends.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

const EVENT = "application/cloudevents+json";
const AGAIN = 60_000; // milliseconds after which a message without a receipt goes again, the same bytes

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    books: { type: "string", default: "books.json" },
    document: { type: "string" },
    cases: { type: "string", default: "1" },
  },
});
const [sheet, jwk] = positionals.map((path) => JSON.parse(readFileSync(path, "utf8")));
const key = createPrivateKey({ key: jwk, format: "jwk" });
const pinned = new Map(sheet.our_jwks.keys.map((one) => [one.kid, createPublicKey({ key: one, format: "jwk" })]));
const me = `urn:jurisdiction:${sheet.code}`;
const books = existsSync(given.books)
  ? JSON.parse(readFileSync(given.books, "utf8"))
  : { peer: null, heard: {}, talks: {}, out: [] };
const document = given.document
  ? { name: basename(given.document), content: readFileSync(given.document) }
  : { name: "决定书（示例）.txt", content: Buffer.from("准予（示例，不具有任何效力）\n") };
let token = "";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const china = (days = 0) => new Date(Date.now() + (8 * 60 * 60 + days * 24 * 60 * 60) * 1000).toISOString();
const now = () => china().slice(0, 19) + "+08:00";

/** Durable before anybody is told: written beside, flushed to disk, then renamed. */
function save() {
  const draft = openSync(given.books + ".new", "w");
  writeSync(draft, JSON.stringify(books));
  fsyncSync(draft);
  closeSync(draft);
  renameSync(given.books + ".new", given.books);
}

// the wire

/** One call with our token; a lost line, 429 and 5xx are tried again, for every call here may be repeated. */
async function call(method, path, body, headers = {}) {
  for (;;) {
    const bearer = path === "/token" ? {} : { Authorization: `Bearer ${token}` };
    let response = null;
    let answer = Buffer.alloc(0);
    try {
      response = await fetch(sheet.api + path, { method, body, headers: { ...headers, ...bearer } });
      answer = Buffer.from(await response.arrayBuffer());
    } catch {
      response = null;
    }
    if (response?.status === 401 && path !== "/token") await signIn();
    else if (!response || response.status === 429 || response.status >= 500) {
      console.error(`${method} ${path}: ${response?.status ?? "no answer"}, again in 2 s`);
      await pause(2000);
    } else if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    else return answer;
  }
}

async function signIn() {
  const { client_id, client_secret } = sheet;
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  token = JSON.parse(await call("POST", "/token", form)).access_token;
}

// signatures: a detached JWS over the raw bytes (RFC 7515, RFC 7797)

/** A message in its final bytes with its signature. Never serialise it again: what is signed are these bytes. */
function write(kind, subject, data, number = {}) {
  const id = randomBytes(13).toString("hex");
  const body = JSON.stringify({
    specversion: "1.0",
    id,
    source: me,
    type: `cn.tongban.${kind}.v1`,
    subject,
    time: now(),
    datacontenttype: "application/json",
    dataschema: `urn:tongban:schema:${kind}:v1`,
    recipient: books.peer,
    ...number,
    data,
  });
  const head = { alg: "EdDSA", kid: jwk.kid, typ: "tongban-message+jws", b64: false, crit: ["b64"] };
  const claims = { iss: me, aud: books.peer, jti: id, iat: Math.floor(Date.now() / 1000) };
  const protectedHead = Buffer.from(JSON.stringify({ ...head, ...claims })).toString("base64url");
  const signature = sign(null, Buffer.from(`${protectedHead}.${body}`), key).toString("base64url");
  return { id, kind, subject, body, signature: `${protectedHead}..${signature}` };
}

/** The message, if a pinned key of the gateway signed exactly these bytes and means us; else throws the reason. */
function believe(body, signature) {
  const [protectedHead, , tail] = signature.split(".");
  const head = JSON.parse(Buffer.from(protectedHead, "base64url"));
  if (head.alg !== "EdDSA" || head.typ !== "tongban-message+jws" || head.b64 !== false || `${head.crit}` !== "b64")
    throw new Error("header");
  if (!pinned.has(head.kid)) throw new Error("unknown_key");
  const signed = Buffer.concat([Buffer.from(`${protectedHead}.`), body]);
  if (!verify(null, signed, pinned.get(head.kid), Buffer.from(tail, "base64url"))) throw new Error("signature");
  const said = JSON.parse(body);
  if (said.source !== head.iss || said.recipient !== head.aud || said.id !== head.jti || head.aud !== me)
    throw new Error("not_the_signed_parties");
  if (head.iat > Date.now() / 1000 + 300) throw new Error("iat_ahead"); // a time in the past is never a reason
  return said;
}

// what comes in

async function take(item) {
  const body = Buffer.from(item.body);
  const entry = { id: item.id, sha256: sha256(body), stored_at: now(), highest_applied: 0 };
  let said;
  try {
    said = believe(body, item.signature);
  } catch (doubt) {
    console.error(`delivery ${item.id} cannot be believed: ${doubt.message}`);
    return receipt(item, { ...entry, id: null, outcome: "quarantined", reason: doubt.message.slice(0, 64) });
  }
  const kind = said.type.replace(/^cn\.tongban\./, "").replace(/\.v\d+$/, "");
  books.peer = said.source;
  if (kind === "receipt") return receipted(said.data.receipts);
  if (kind === "resend.requested") return resend(said.subject, said.data.from, said.data.to);
  const talk = (books.talks[said.subject] ??= { next_in: 1, next_out: 1 });
  const outcome = await judge(said, kind, talk, entry.sha256);
  if (outcome === null) {
    // a number before it is missing: ask for it; unreceipted, this one comes again
    return post(write("resend.requested", said.subject, { from: talk.next_in, to: Number(said.sequence) - 1 }));
  }
  save();
  return receipt(item, { ...entry, outcome, highest_applied: talk.next_in - 1 });
}

/** Once each, in the order of numbers. */
async function judge(said, kind, talk, digest) {
  const number = Number(said.sequence);
  if (said.id in books.heard) return books.heard[said.id] === digest ? "applied" : "conflict";
  if (number > talk.next_in) return null;
  if (number < talk.next_in) return "conflict";
  talk.next_in = number + 1;
  console.log(said.subject, number, kind);
  if (kind === "application.submitted") await decide(said.subject, said.data, talk);
  books.heard[said.id] = digest;
  return "applied"; // what we do not act on is recorded and receipted all the same
}

/** Where a real system would open its own case; here the answer is always yes. */
async function decide(subject, data, talk) {
  for (const { attachment } of data.materials.filter((one) => one.attachment)) {
    const content = await call("GET", `/attachments/${attachment.sha256}`);
    if (sha256(content) !== attachment.sha256) throw new Error(`${attachment.sha256} came with other bytes`);
  }
  const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(document.name)}`;
  const headers = { "Content-Disposition": disposition, "Content-Type": "application/octet-stream" };
  const paper = JSON.parse(await call("PUT", "/attachments", document.content, headers)); // before it is named
  const reference = `${sheet.code}-${subject.slice(-8)}`;
  const contact = { name: "赵经办", phone: "0710-0000001" };
  const accepted = { reference, accepted_at: now(), promised_by: china(10).slice(0, 10), contact };
  const decided = { outcome: "granted", reference, decided_at: now(), documents: [paper], certificates: [] };
  say("application.accepted", subject, accepted, talk);
  say("application.decided", subject, { ...decided, result_delivery: data.result_delivery }, talk);
}

// what goes out

function say(kind, subject, words, talk) {
  const number = { sequence: String(talk.next_out), sequencetype: "Integer", seen: talk.next_in - 1 };
  books.out.push({ ...write(kind, subject, words, number), number: talk.next_out, open: true, due: 0 });
  talk.next_out += 1;
}

async function receipt(item, entry) {
  if (!books.peer) return console.error("nobody to tell: nothing that could be believed has come yet");
  return post(write("receipt", "receipt", { receipts: [entry] }), `/deliveries/${item.id}/receipt`);
}

async function post(letter, path = "/messages") {
  await call("POST", path, letter.body, { "Content-Type": EVENT, "Tongban-Signature": letter.signature });
}

/** Everything that is not receipted and due; the same bytes each time. */
async function send() {
  for (const letter of books.out.filter((one) => one.open && one.due <= Date.now())) {
    await post(letter);
    letter.due = Date.now() + AGAIN;
  }
}

function receipted(entries) {
  const told = new Map(entries.map((entry) => [entry.sha256, entry]));
  for (const letter of books.out) {
    const entry = told.get(sha256(letter.body));
    if (!entry) continue;
    letter.open = false;
    const line = [letter.subject, letter.number, letter.kind, entry.outcome, entry.reason ?? ""].join(" ");
    if (entry.outcome === "applied") console.log(line);
    else console.error(line);
  }
  save();
}

function resend(subject, first, last) {
  for (const letter of books.out)
    if (letter.subject === subject && first <= letter.number && letter.number <= last)
      Object.assign(letter, { open: true, due: 0 });
  save();
}

const wanted = Number(given.cases);
for (;;) {
  await send();
  const done = books.out.filter((one) => one.kind === "application.decided" && !one.open).length;
  if (wanted && done >= wanted) break;
  for (const item of JSON.parse(await call("GET", "/deliveries?wait=20&limit=50")).items) await take(item);
}

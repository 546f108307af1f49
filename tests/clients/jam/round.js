// A full round with jmap-jam: arguments are the service's URL, a bearer token and a message's path.
// Prints what it saw as JSON; tests/clients/test_clients.py judges it.
import { readFile } from "node:fs/promises";
import { JamClient } from "jmap-jam";

const [url, bearerToken, path] = process.argv.slice(2);
const jam = new JamClient({ bearerToken, sessionUrl: `${url}/.well-known/jmap` });
const accountId = await jam.getPrimaryAccount();

const [{ list }] = await jam.api.Mailbox.get({ accountId, ids: null });
const mailboxes = Object.fromEntries(list.map(({ role, id }) => [role, id]));

const blob = await jam.uploadBlob(accountId, await readFile(path));
const emails = {
  new: { blobId: blob.blobId, mailboxIds: { [mailboxes.inbox]: true }, receivedAt: "2026-01-02T03:04:05Z" },
};
const [{ created }] = await jam.api.Email.import({ accountId, emails });
const id = created.new.id;

// Query, get and thread in one request, with result references.
const [{ query, got, thread }] = await jam.requestMany((t) => {
  const query = t.Email.query({ accountId, filter: { inMailbox: mailboxes.inbox, text: "tea" }, limit: 10 });
  const got = t.Email.get({ accountId, ids: query.$ref("/ids"), fetchTextBodyValues: true });
  const thread = t.Thread.get({ accountId, ids: got.$ref("/list/*/threadId") });
  return { query, got, thread };
});
const email = got.list[0];
const { blobId, type: mimeType, name: fileName } = email.attachments[0];
const menu = await jam.downloadBlob({ accountId, blobId, mimeType, fileName });

// Email/set; the email afterwards.
async function change(patch) {
  await jam.api.Email.set({ accountId, update: { [id]: patch } });
  const [{ list }] = await jam.api.Email.get({ accountId, ids: [id], properties: ["keywords", "mailboxIds"] });
  return list[0];
}
const flagged = await change({ "keywords/$flagged": true });
const moved = await change({ mailboxIds: { [mailboxes.archive]: true } });
const [left] = await jam.api.Email.query({ accountId, filter: { inMailbox: mailboxes.inbox } });

console.log(
  JSON.stringify({
    username: (await jam.session).username,
    roles: Object.keys(mailboxes).sort(),
    uploaded: blob.size,
    imported: id,
    found: query.ids,
    subject: email.subject,
    from: [email.from[0].name, email.from[0].email],
    text: Object.values(email.bodyValues)[0].value,
    thread: thread.list[0].emailIds,
    attachment: [...new Uint8Array(await menu.arrayBuffer())],
    keywords: flagged.keywords,
    moved: JSON.stringify(moved.mailboxIds) === JSON.stringify({ [mailboxes.archive]: true }),
    left: left.ids,
  }),
);

// Sends a file in pieces (tus 1.0) while the form is filled in; goes on after a bad line or a reload.

const PIECE = 1e6; // bytes
const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds between tries
const SILENCE = 60; // seconds without a byte or an answer, after which a line counts as broken
const HEARD_EVERY = 10; // seconds, for who listens to the page
const KEY = "upload";

const form = document.querySelector("form[data-uploads]");
const { content } = document.getElementById("sending");
const box = content.firstElementChild;
const part = (name) => box.querySelector(`[data-${name}]`);
const say = (name, values) =>
  content.querySelector(`[data-say="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const input = (kind) => form.elements.namedItem(kind);
const stamp = (file) => `${file.size} ${file.lastModified}`;

let job = null;

// --- What outlives a reload ---

const files = (act) =>
  new Promise((done, fail) => {
    const open = indexedDB.open("letters", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("files");
    open.onerror = () => fail(open.error);
    open.onsuccess = () => {
      const change = open.result.transaction("files", "readwrite");
      const asked = act(change.objectStore("files"));
      change.onabort = () => fail(change.error);
      change.oncomplete = () => {
        open.result.close();
        done(asked.result);
      };
    };
  });

// Storage may be switched off: then a reload asks for the same file once more.
const quietly = async (act) => {
  try {
    return await act();
  } catch {
    return undefined;
  }
};

const remember = () => {
  const { id, kind, name, size, from, shrunk, address } = job;
  quietly(() => sessionStorage.setItem(KEY, JSON.stringify({ id, kind, name, size, from, shrunk, address })));
};

const forgetFile = ({ id }) => quietly(() => files((store) => store.delete(id)));

const forget = () => {
  forgetFile(job);
  quietly(() => sessionStorage.removeItem(KEY));
  job = null;
};

// Files of tabs that were closed before they had arrived; ids begin with the time. The server waits a day as well.
quietly(() => files((store) => store.delete(IDBKeyRange.upperBound(String(Date.now() - 864e5)))));

// --- The box ---

const TOGGLE = { sending: "pause", paused: "continue", lost: "continue", busy: "continue" };
const TROUBLE = ["lost", "busy", "again", "refused"];

// An earlier file counts until another one has arrived.
const setEarlier = (hidden) => {
  for (const earlier of form.querySelectorAll(".kept")) earlier.hidden = hidden;
};

const show = (at, text) => {
  const isTrouble = TROUBLE.includes(at);
  // Whoever has to choose again gets the field back.
  const isOpen = at === "again" || at === "refused";
  const said = at === "preparing" ? "sending" : at === "checking" && job.kind === "photo" ? "opening" : at;
  const sentence = text || say(job.wanted && !isTrouble ? "wanted" : said);
  job.at = at;
  box.dataset.at = at;
  part("note").className = isTrouble ? "emsg" : "hint";
  if (part("note").textContent !== sentence) part("note").textContent = sentence;
  if (at === "preparing") setEarlier(true);
  part("bar").hidden = at === "kept" || at === "refused";
  part("toggle").hidden = !TOGGLE[at];
  part("toggle").textContent = TOGGLE[at] ? say(TOGGLE[at]) : "";
  part("toggle").classList.toggle("line", at === "sending");
  part("remove").hidden = at === "refused";
  input(job.kind).disabled = !isOpen;
  input(job.kind).parentNode.hidden = !isOpen;
};

let heardAt = 0;
const count = (done) => {
  const megabytes = (amount) => Math.max(amount, 0.1).toFixed(job.size < 1e7 ? 1 : 0);
  // Rounded down while something is missing: "86 of 86 MB" means all of it.
  const text =
    done < job.size && job.address && !job.unsure
      ? say("count", { done: megabytes(Math.floor(done / 1e5) / 10), size: megabytes(job.size / 1e6) })
      : `${megabytes(job.size / 1e6)} MB`;
  part("count").textContent = text;
  part("bar").value = job.size ? done / job.size : 0;
  if (Date.now() - heardAt < HEARD_EVERY * 1000) return;
  heardAt = Date.now();
  part("heard").textContent = job.at === "sending" ? text : "";
};

const draw = () => {
  const field = input(job.kind);
  const hadFocus = field.parentNode.contains(document.activeElement);
  part("name").textContent = job.name;
  field.parentNode.before(box);
  show("preparing");
  count(0);
  if (hadFocus) box.focus();
};

// --- Talking to the server ---

const ask = (method, address, headers, body, sent) =>
  new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    let dog;
    const listen = () => {
      clearTimeout(dog);
      dog = setTimeout(() => request.abort(), SILENCE * 1000);
    };
    request.open(method, address);
    const all = { "Tus-Resumable": "1.0.0", "Accept-Language": document.documentElement.lang, ...headers };
    for (const name of Object.keys(all)) request.setRequestHeader(name, all[name]);
    request.upload.onprogress = (event) => {
      listen();
      if (sent) sent(event.loaded);
    };
    request.onloadend = () => {
      clearTimeout(dog);
      if (request.status >= 200 && request.status < 300) done(request);
      else fail(Object.assign(new Error("refused"), { status: request.status, request }));
    };
    if (job) job.request = request;
    listen();
    request.send(body);
  });

const create = async (mine) => {
  const about = `kind ${btoa(mine.kind)}${mine.shrunk ? `,shrunk ${btoa("1")}` : ""}`;
  const answer = await ask("POST", form.dataset.uploads, { "Upload-Length": mine.size, "Upload-Metadata": about });
  // Behind a proxy the server may not know by which scheme it is reached: only the path counts.
  mine.address = new URL(answer.getResponseHeader("Location"), location.href).pathname;
  mine.offset = 0;
  remember();
};

const arrived = (mine, answer) => {
  const offset = answer.getResponseHeader("Upload-Offset");
  if (offset === null) throw new Error("an answer of somebody between us");
  mine.offset = Number(offset);
  count(mine.offset);
};

const piece = (mine) => {
  const headers = { "Upload-Offset": mine.offset, "Content-Type": "application/offset+octet-stream" };
  const bytes = mine.file.slice(mine.offset, mine.offset + PIECE);
  return ask("PATCH", mine.address, headers, bytes, (sent) => count(mine.offset + sent));
};

const token = (address) => address.replace(/\/$/, "").split("/").pop();

const look = async (mine) => {
  const address = new URL(`file/${token(mine.address)}/`, form.action).pathname;
  const body = new URLSearchParams({ csrfmiddlewaretoken: input("csrfmiddlewaretoken").value });
  return JSON.parse((await ask("POST", address, {}, body)).responseText);
};

// --- The way of one file ---

const halt = (mine) => {
  mine.turn = (mine.turn || 0) + 1; // whatever still runs for it ends
  if (mine.request) mine.request.abort();
  clearTimeout(mine.timer);
};

const refuse = (sentence) => {
  show("refused", sentence);
  part("count").textContent = "";
  input(job.kind).value = "";
  setEarlier(false);
  forget();
};

const keep = () => {
  let field = input("upload");
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = "upload";
    form.append(field);
  }
  const before = field.value;
  field.value = token(job.address);
  if (before && before !== field.value) quietly(() => ask("DELETE", form.dataset.uploads + before));
  input(job.kind).value = "";
  job.kept = true;
  forgetFile(job);
  const { wanted } = job;
  job.wanted = false;
  show("kept");
  count(job.size);
  if (wanted) form.querySelector("[value=preview]:not(.vh)").click();
};

// The field comes back: a file still in it goes with the form.
const leave = () => {
  const field = input(job.kind);
  field.disabled = field.parentNode.hidden = false;
  box.remove();
  forget();
  return field;
};

// Whether trying again is of no use; then it has been said.
const isOver = (mine, { status, request }) => {
  if (!status || status >= 500 || [408, 409, 423].includes(status)) return false;
  const isGone = status === 404 || status === 410;
  const isPlain = /^text\/plain/.test(request.getResponseHeader("Content-Type"));
  if (isGone && mine.address && mine.file) mine.address = ""; // once more from its beginning
  else if (isPlain && !isGone) refuse(request.responseText.trim());
  else if (!mine.address && input(mine.kind).files.length) leave();
  else refuse(say("gone"));
  return job !== mine;
};

// One try: all that is still to do. Throws what went wrong.
const work = async (mine, goesOn) => {
  if (!mine.address) await create(mine);
  if (mine.unsure) {
    const answer = await ask("HEAD", mine.address);
    mine.unsure = false;
    arrived(mine, answer);
  }
  if (!mine.file && mine.offset < mine.size) return show("again");
  while (goesOn() && mine.offset < mine.size) {
    show("sending");
    arrived(mine, await piece(mine));
    mine.tries = 0;
  }
  if (!goesOn()) return undefined;
  show("checking");
  const { state, message } = await look(mine);
  if (!goesOn()) return undefined;
  return state === "kept" ? keep() : refuse(message);
};

const run = async () => {
  const mine = job;
  halt(mine);
  const { turn } = mine;
  const goesOn = () => mine === job && mine.turn === turn;
  mine.tries = 0;
  while (goesOn()) {
    try {
      await work(mine, goesOn);
      return;
    } catch (error) {
      if (!goesOn()) return;
      if (isOver(mine, error)) return;
      mine.unsure = Boolean(mine.address);
      // A phone may have taken the file away from its page meanwhile: the copy is still there.
      if (mine.tries) mine.file = (await quietly(() => files((store) => store.get(mine.id)))) || mine.file;
      const pause = PAUSES[Math.min(mine.tries, PAUSES.length - 1)];
      if (mine.tries || error.status || !navigator.onLine) show(error.status ? "busy" : "lost");
      mine.tries += 1;
      await new Promise((done) => {
        mine.timer = setTimeout(done, pause * (900 + 200 * Math.random()));
      });
    }
  }
};

// --- What the page asks for ---

const begin = async (mine, file) => {
  const made = mine.kind === "photo" && (await quietly(async () => (await import("./photo.js")).smaller(file)));
  if (mine !== job) return;
  mine.file = made || file;
  mine.shrunk = mine.file !== file;
  if (mine.size !== mine.file.size) mine.address = "";
  mine.size = mine.file.size;
  const max = Number(input(mine.kind).dataset.max);
  if (mine.size > max) {
    refuse(say(`large-${mine.kind}`, { size: Math.ceil(mine.size / 1e6), limit: max / 1e6 }));
    return;
  }
  quietly(() => files((store) => store.put(mine.file, mine.id)));
  remember();
  run();
};

const drop = () => {
  const { address, kept } = job;
  halt(job);
  if (kept) input("upload").remove();
  setEarlier(kept);
  if (address) quietly(() => ask("DELETE", address));
};

/** Send `file` of a `kind`; `name` is what its sender sees. */
export const send = (kind, file, name) => {
  const isSame = job && job.at === "again" && job.kind === kind && job.from === stamp(file);
  if (!isSame) {
    if (job) {
      drop();
      leave().value = "";
    }
    job = { id: `${Date.now()} ${Math.random()}`, kind, name, from: stamp(file), size: file.size };
  }
  draw();
  begin(job, file);
};

/** Go on with what this tab was sending when its page was left or loaded again. */
export const resume = async () => {
  const note = JSON.parse(sessionStorage.getItem(KEY));
  if (!note || job) return;
  job = { ...note, unsure: Boolean(note.address), offset: 0 };
  if (input("upload")) {
    forget(); // the page itself shows it by now
    return;
  }
  document.getElementById(`k-${job.kind}`).checked = true;
  draw();
  job.file = await quietly(() => files((store) => store.get(note.id)));
  if (job.file || job.address) run();
  else show("again");
};

part("remove").onclick = () => {
  drop();
  const field = leave();
  field.value = "";
  field.focus();
};
part("toggle").onclick = () => {
  if (job.at === "sending") {
    halt(job);
    job.unsure = true;
    job.wanted = false;
    show("paused");
  } else {
    run();
  }
};
addEventListener("online", () => job && job.at === "lost" && run());
addEventListener("offline", () => job && job.at === "sending" && job.request.abort());

// The preview waits for the file; whoever goes on typing is not called away.
form.addEventListener("submit", (event) => {
  const button = event.submitter || document.activeElement;
  if (!job || job.kept || job.kind !== form.querySelector("[name=kind]:checked").value || button.value === "remove") return;
  event.preventDefault();
  job.wanted = true;
  if (TOGGLE[job.at] === "continue") run();
  else show(job.at);
  box.focus();
});
form.addEventListener("input", () => {
  if (job && job.wanted) {
    job.wanted = false;
    show(job.at);
  }
});

// Upload a file with tus-js-client: node upload.mjs <folder of node_modules> <endpoint> <file> <piece size>
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, endpoint, path, piece] = process.argv.slice(2);
const tus = createRequire(`${folder}/`)("tus-js-client");

const upload = new tus.Upload(createReadStream(path), {
  endpoint,
  uploadSize: statSync(path).size,
  chunkSize: Number(piece),
  retryDelays: Array(60).fill(300),
  metadata: { kind: "video", filename: "a film.avi", filetype: "video/x-msvideo" },
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess() {
    console.log(upload.url);
  },
});
upload.start();

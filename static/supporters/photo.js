// Makes a photo smaller before it is sent, when that helps; what is hidden in it then never leaves the device.

const SIDE = 2560; // pixels
const LIGHT = 1.5e6; // bytes of a photo that may stay as it is
const WORTHWHILE = 3e5; // bytes, below which decoding costs more than it saves
const QUALITY = 0.86;

const decoders = [
  (file) => createImageBitmap(file, { imageOrientation: "from-image" }),
  (file) =>
    new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => fail(new Error("not decoded"));
      image.src = URL.createObjectURL(file);
    }),
];

const canvas = (width, height) => {
  const made = document.createElement("canvas");
  made.width = width;
  made.height = height;
  const pen = made.getContext("2d", { willReadFrequently: height < 64 });
  pen.fillStyle = "#fff"; // under alpha
  pen.fillRect(0, 0, width, height);
  return [made, pen];
};

const jpeg = (drawn) => new Promise((done) => drawn.toBlob(done, "image/jpeg", QUALITY));

// A segment of Exif with orientation 6: to be turned a quarter to the right when shown.
const TURNED = "ffe1 0022 4578 6966 0000 4d4d 002a 0000 0008 0001 0112 0003 0000 0001 0006 0000 0000 0000"
  .match(/\w\w/g)
  .map((byte) => parseInt(byte, 16));

// Not every browser turns a photo, and some answer with noise instead of what was drawn, so that nobody is known by it.
const isTrue = async (decode) => {
  const [wide, pen] = canvas(32, 16);
  pen.fillStyle = "#c00";
  pen.fillRect(0, 0, 16, 16);
  const plain = await jpeg(wide);
  const image = await decode(new Blob([plain.slice(0, 2), new Uint8Array(TURNED), plain.slice(2)]));
  const [, tall] = canvas(16, 32);
  tall.drawImage(image, 0, 0);
  const [[red, green], [, white]] = [8, 24].map((row) => tall.getImageData(8, row, 1, 1).data);
  return image.width === 16 && red > 150 && green < 60 && white > 200;
};

const decoded = async (file) => {
  for (const decode of decoders) {
    try {
      if (await isTrue(decode)) return await decode(file);
    } catch {
      // The next one may know this browser, or this kind of file.
    }
  }
  return null;
};

/** The photo as a smaller JPEG, upright, at most 2,560 pixels a side; or `file` itself where that does not help. */
export const smaller = async (file) => {
  const image = file.size > WORTHWHILE && (await decoded(file));
  if (!image) return file;
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  if (scale === 1 && file.size <= LIGHT) return file;
  const [drawn, pen] = canvas(Math.round(image.width * scale), Math.round(image.height * scale));
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, drawn.width, drawn.height);
  const made = await jpeg(drawn);
  return made && made.size < file.size ? made : file;
};

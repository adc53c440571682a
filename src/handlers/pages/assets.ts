// GET /pages/{file}: the sheet and the script. Their names change with their content, so browsers
// keep them for good.

import { AuthError } from "../../errors.ts"
import type { Handler } from "../../http/guard.ts"
import { assets } from "../../pages/assets.ts"

/** Gives the sheet or the script of a name; 404 for other names. */
export function showAsset(): Handler {
  return (_head, { params }) => {
    const asset = assets.get(params["file"] ?? "")
    if (asset === undefined) throw new AuthError("not_found", "There is nothing at this path")
    const headers = {
      "Content-Type": asset.type,
      "Cache-Control": "public, max-age=31536000, immutable",
    }
    return { status: 200, headers, body: asset.text, isPage: true }
  }
}

package enclosure

import (
	"io"
	"net/http"
	"path"
	"strings"
)

// byEnding are the media types of files that their first bytes do not tell
// apart: most are archives within.
var byEnding = map[string]string{
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".odp":  "application/vnd.oasis.opendocument.presentation",
	".doc":  "application/msword",
	".xls":  "application/vnd.ms-excel",
	".ppt":  "application/vnd.ms-powerpoint",
	".hwp":  "application/vnd.hancom.hwp",
	".hwpx": "application/vnd.hancom.hwpx",
	".csv":  "text/csv",
	".tif":  "image/tiff",
	".tiff": "image/tiff",
	".zip":  "application/zip",
}

// typedBy says for which sniffed types the ending of a name decides.
var typedBy = map[string]bool{"application/zip": true, "application/octet-stream": true, "text/plain": true}

// MediaType tells the media type of a file from its bytes, and from its name
// where the bytes do not say enough. It has no parameters.
func MediaType(in io.ReaderAt, size int64, name string) string {
	head := make([]byte, min(size, 512))
	if n, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		head = head[:n]
	}
	sniffed, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if known := byEnding[strings.ToLower(path.Ext(name))]; known != "" && typedBy[sniffed] {
		return known
	}
	return sniffed
}

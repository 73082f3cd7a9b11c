package api

// NewUpload begins to read in a file part by part.
type NewUpload struct {
	Name string `json:"name"` // of the file, as the other side shall read it
	Size int64  `json:"size"` // bytes of the whole
}

// Upload is a file that is read in part by part. It is forgotten a day after its last
// part.
type Upload struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes of the whole
	Offset int64  `json:"offset"` // bytes that are stored, also over a restart: the next part begins here
}

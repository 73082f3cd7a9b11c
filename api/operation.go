package api

import (
	"context"
	"net/http"

	"liaison.example/office"
	"liaison.example/people"
)

// Path is where all operations stand, and their description.
const (
	Path            = "/api/v1"
	descriptionPath = Path + "/openapi.json"
)

// operation is one line of the table of operations.
type operation struct {
	id     string // its name in the description
	method string
	path   string       // below Path
	scope  people.Scope // that a token needs; byOperatorOnly: no token will do
	about  string       // what it does, in one sentence
	query  []parameter
	body   any // zero value of what is sent, or the media type of other than JSON; nil: nothing
	status int // of the answer, if all goes well
	answer any // zero value of what is answered, or the media type of other than JSON; nil: nothing
	handle handler
}

// byOperatorOnly stands where a scope would, for what only the operator of the
// machine may do, through the socket.
const byOperatorOnly people.Scope = ""

// writes reports whether the operation may change anything.
func (o *operation) writes() bool { return o.method != http.MethodGet }

type handler func(s *server, w http.ResponseWriter, r *http.Request) error

// media is the type of an answer that is not JSON.
type media string

const (
	mediaText   media = "text/plain; charset=utf-8"
	mediaBytes  media = "application/octet-stream"
	mediaTar    media = "application/x-tar"
	mediaEvents media = "text/event-stream"
)

// operations is everything that a program can ask for. The mux and the
// description are both made from it, and from nothing else.
var operations = []operation{
	{"getStatus", "GET", "/status", people.ScopeRead, "The state of the node, its ledgers and its lines, at once or when it is as wanted.",
		[]parameter{waitState, timeout}, nil, 200, Status{}, (*server).status},

	{"listDispatches", "GET", "/dispatches", people.ScopeRead, "Dispatches, the newest in the joint order first, without their texts.",
		[]parameter{searched, from, channel, precedence, state, meant, ofForm, since, until, limit, cursorOf}, nil, 200, DispatchPage{}, (*server).dispatches},
	{"releaseDispatch", "POST", "/dispatches", people.ScopeRelease, "Releases a dispatch. When this is answered it is signed and on disk.",
		[]parameter{waitReceipts}, NewDispatch{}, 201, Dispatch{}, (*server).send},
	{"getDispatch", "GET", "/dispatches/{side}/{index}", people.ScopeRead, "One dispatch with its text and receipts.",
		nil, nil, 200, Dispatch{}, (*server).dispatch},
	{"acknowledgeDispatch", "POST", "/dispatches/{side}/{index}/acknowledgement", people.ScopeAcknowledge, "Acknowledges a dispatch that is addressed to this side. It is not agreement.",
		nil, Act{}, 201, Written{}, (*server).acknowledge},
	{"considerDispatch", "POST", "/dispatches/{side}/{index}/consideration", people.ScopeAcknowledge, "Says that a dispatch is under consideration, and until when. It is not an answer.",
		nil, NewConsideration{}, 201, Written{}, (*server).consider},
	{"closeDispatch", "POST", "/dispatches/{side}/{index}/closing", people.ScopeAcknowledge, "Closes a dispatch for this side.",
		nil, Act{}, 201, Written{}, (*server).close},
	{"getThread", "GET", "/dispatches/{side}/{index}/thread", people.ScopeRead, "The dispatches of the thread that one belongs to.",
		nil, nil, 200, Thread{}, (*server).thread},

	{"listDrafts", "GET", "/drafts", people.ScopeDraft, "The drafts of this side, the latest begun first, without their texts.",
		[]parameter{shelf, readsFor, limit, cursorOf}, nil, 200, DraftPage{}, (*server).drafts},
	{"beginDraft", "POST", "/drafts", people.ScopeDraft, "Begins a draft.",
		nil, NewDraft{}, 201, Draft{}, (*server).beginDraft},
	{"getDraft", "GET", "/drafts/{id}", people.ScopeDraft, "One draft with its text and the steps on its way.",
		[]parameter{readsFor}, nil, 200, Draft{}, (*server).draft},
	{"saveDraft", "PATCH", "/drafts/{id}", people.ScopeDraft, "Saves a draft, unless it was changed meanwhile.",
		nil, DraftChange{}, 200, Draft{}, (*server).saveDraft},
	{"submitDraft", "POST", "/drafts/{id}/submit", people.ScopeDraft, "Sends a draft to review.",
		nil, DraftAct{}, 200, Draft{}, draftAct((*people.People).Submit)},
	{"withdrawDraft", "POST", "/drafts/{id}/withdraw", people.ScopeDraft, "Takes a draft back from review.",
		nil, DraftAct{}, 200, Draft{}, draftAct((*people.People).Withdraw)},
	{"approveDraft", "POST", "/drafts/{id}/approve", people.ScopeDraft, "Says yes to a draft as it stands.",
		nil, DraftAct{}, 200, Draft{}, draftAct((*people.People).Approve)},
	{"returnDraft", "POST", "/drafts/{id}/return", people.ScopeDraft, "Sends a draft back to who began it, with a reason.",
		nil, DraftWords{}, 200, Draft{}, (*server).returnDraft},
	{"commentOnDraft", "POST", "/drafts/{id}/comments", people.ScopeDraft, "Says something about a draft, to this side alone.",
		[]parameter{readsFor}, DraftWords{}, 200, Draft{}, (*server).commentOnDraft},
	{"discardDraft", "POST", "/drafts/{id}/discard", people.ScopeDraft, "Ends a draft without a release.",
		nil, DraftAct{}, 200, Draft{}, draftAct((*people.People).Discard)},
	{"releaseDraft", "POST", "/drafts/{id}/release", people.ScopeRelease, "Releases a draft as a dispatch, once, however often it is asked for.",
		nil, DraftAct{}, 201, Released{}, (*server).releaseDraft},
	{"readBackDispatch", "POST", "/dispatches/{side}/{index}/readback", people.ScopeAcknowledge, "Restates what this side has understood of a dispatch that asks for it; after a dispute again.",
		nil, NewReadback{}, 201, Written{}, (*server).readBack},
	{"answerReadback", "POST", "/readbacks/{side}/{index}/answer", people.ScopeAcknowledge, "Confirms a read-back of a dispatch of this side, or disputes it, once.",
		nil, NewReadbackAnswer{}, 201, Written{}, (*server).answerReadback},
	{"beginUpload", "POST", "/uploads", people.ScopeRelease, "Begins to read in a file part by part, so that it goes on after a cut where it was.",
		nil, NewUpload{}, 201, Upload{}, (*server).beginUpload},
	{"getUpload", "GET", "/uploads/{upload}", people.ScopeRelease, "How far an upload of the same account or post is.",
		nil, nil, 200, Upload{}, (*server).upload},
	{"appendUpload", "PATCH", "/uploads/{upload}", people.ScopeRelease, "Reads in the next part, of at most 1 MiB. What does not fill 64 KiB and is not the end of the file is sent again.",
		[]parameter{partOffset}, mediaBytes, 200, Upload{}, (*server).appendUpload},
	{"finishUpload", "POST", "/uploads/{upload}/finish", people.ScopeRelease, "Makes of an upload whose bytes are all here a file that a dispatch may name; again, with the same answer.",
		nil, nil, 201, office.Enclosure{}, (*server).finishUpload},
	{"dropUpload", "POST", "/uploads/{upload}/drop", people.ScopeRelease, "Ends an upload; nothing stays of it.",
		nil, nil, 204, nil, (*server).dropUpload},
	{"encloseFile", "POST", "/enclosures", people.ScopeRelease, "Reads in a file, so that a dispatch may name it. What could run, or unpacks beyond measure, is refused.",
		[]parameter{fileName}, mediaBytes, 201, office.Enclosure{}, (*server).enclose},
	{"getEnclosure", "GET", "/dispatches/{side}/{index}/enclosures/{n}", people.ScopeRead, "The bytes of an enclosure, once all are here.",
		nil, nil, 200, mediaBytes, (*server).fetchEnclosure},

	{"listEntries", "GET", "/entries", people.ScopeRead, "The entries of all sides, the last in the joint order first.",
		[]parameter{limit, cursorOf}, nil, 200, EntryPage{}, (*server).record},
	{"getEntry", "GET", "/entries/{side}/{index}", people.ScopeRead, "One entry with its exact bytes and receipts.",
		nil, nil, 200, Entry{}, (*server).entry},
	{"discloseEntry", "GET", "/entries/{side}/{index}/disclosure", people.ScopeRead, "One entry with its proof, for a third party (c2sp.org/tlog-proof).",
		nil, nil, 200, mediaText, (*server).disclosure},
	{"streamEvents", "GET", "/events", people.ScopeRead, "Changes as they happen, as server-sent events. Of entries none is left out and none comes twice, also after Last-Event-ID.",
		nil, nil, 200, mediaEvents, (*server).events},

	{"getCharter", "GET", "/charter", people.ScopeRead, "The charter in force and the proposals to change it.",
		nil, nil, 200, CharterStanding{}, (*server).charter},
	{"proposeCharter", "POST", "/charter/proposals", people.ScopeBind, "Puts another charter forward.",
		nil, NewProposal{}, 201, Written{}, (*server).propose},
	{"agreeToCharter", "POST", "/charter/agreements", people.ScopeBind, "Consents to a proposed charter by its hash.",
		nil, Agreement{}, 201, Written{}, (*server).agree},

	{"listNotes", "GET", "/notes", people.ScopeRead, "Coordination notes, the last in the joint order first.",
		[]parameter{onChannel, noteAbout, limit, cursorOf}, nil, 200, NotePage{}, (*server).notes},
	{"writeNote", "POST", "/notes", people.ScopeRelease, "Writes a coordination note. It is no formal communication, and stands in the record for good.",
		nil, NewNote{}, 201, Written{}, (*server).writeNote},

	{"listChannels", "GET", "/channels", people.ScopeRead, "How each channel stands by the word of each side.",
		nil, nil, 200, ChannelStates{}, (*server).channels},
	{"listSuspensions", "GET", "/suspensions", people.ScopeRead, "Suspensions and what became of them, the last in the joint order first.",
		[]parameter{limit, cursorOf}, nil, 200, SuspensionPage{}, (*server).suspensions},
	{"suspendChannels", "POST", "/suspensions", people.ScopeBind, "Suspends channels for this side. It hinders nothing: distress traffic, and all else, still passes.",
		nil, NewSuspension{}, 201, Written{}, (*server).suspend},
	{"resumeChannels", "POST", "/suspensions/{side}/{index}/resumption", people.ScopeBind, "Ends a suspension of this side, for some of its channels or for all.",
		nil, NewResumption{}, 201, Written{}, (*server).resume},
	{"listAttempts", "GET", "/attempts", people.ScopeRead, "Attempts by other means with what each side says of them, the last in the joint order first.",
		[]parameter{attemptOn, attemptFrom, attemptAbout, attemptWaits, limit, cursorOf}, nil, 200, AttemptPage{}, (*server).attempts},
	{"logAttempt", "POST", "/attempts", people.ScopeRelease, "Logs an attempt of this side to reach others by other means, with or without success.",
		nil, NewAttempt{}, 201, Written{}, (*server).logAttempt},
	{"confirmAttempt", "POST", "/attempts/{side}/{index}/confirmation", people.ScopeAcknowledge, "Says what this side knows of an attempt of another.",
		nil, NewView{}, 201, Written{}, (*server).confirmAttempt},
	{"listTenders", "GET", "/tenders", people.ScopeRead, "Tenders and what became of them, the last in the joint order first.",
		[]parameter{tenderOn, tenderFrom, tenderState, tenderWaits, limit, cursorOf}, nil, 200, TenderPage{}, (*server).tenders},
	{"getTender", "GET", "/tenders/{side}/{index}", people.ScopeRead, "One tender.",
		nil, nil, 200, Tender{}, (*server).tender},
	{"offerTender", "POST", "/tenders", people.ScopeRelease, "Offers a dispatch before it goes, without its text. FLASH and distress are never offered.",
		nil, NewTender{}, 201, Written{}, (*server).offerTender},
	{"answerTender", "POST", "/tenders/{side}/{index}/answer", people.ScopeAcknowledge, "Accepts or declines a tender of another side, once.",
		nil, NewTenderAnswer{}, 201, Written{}, (*server).answerTender},
	{"withdrawTender", "POST", "/tenders/{side}/{index}/withdrawal", people.ScopeRelease, "Takes back a tender of this side that was not served.",
		nil, NewTenderEnd{}, 201, Written{}, (*server).withdrawTender},
	{"listSilences", "GET", "/silences", people.ScopeRead, "What the sides wait for from each other, the most urgent first, and why nothing has come.",
		[]parameter{silenceFrom, silenceTo, silenceOn, silenceOf, silenceCause, silenceLate, limit, cursorOf}, nil, 200, SilencePage{}, (*server).silences},
	{"proveSilence", "GET", "/silences/proof", people.ScopeRead, "A statement, signed by this side, of what it waits for from another, with the proofs of who held what at which time (spec/entries.md §3.12). It has the text of the dispatches in it.",
		[]parameter{proofAbout, proofTo, proofEntries}, nil, 200, mediaText, (*server).silenceProof},
	{"getWatch", "GET", "/watch", people.ScopeRead, "Who is on watch at each side, or was at a moment.",
		[]parameter{momentOf}, nil, 200, OnWatch{}, (*server).watch},
	{"listWatches", "GET", "/watch/history", people.ScopeRead, "The watches of all sides, those that began last first.",
		[]parameter{ofSide, limit, cursorOf}, nil, 200, WatchPage{}, (*server).watches},
	{"startWatch", "POST", "/watch", people.ScopeAcknowledge, "Takes the watch for a post of this side, alone or from another, whose watch then ends in the same act.",
		nil, NewWatch{}, 201, Written{}, (*server).startWatch},
	{"endWatch", "POST", "/watch/end", people.ScopeAcknowledge, "Ends a watch of this side.",
		nil, WatchEnd{}, 201, Written{}, (*server).endWatch},
	{"getRoster", "GET", "/roster", people.ScopeRead, "Who of this side shall be on watch between two moments, where nobody is, and the offers of watches. It never crosses the line.",
		[]parameter{planFrom, planUntil}, nil, 200, RosterPlan{}, (*server).roster},
	{"listHandovers", "GET", "/handovers", people.ScopeRead, "What the watches of this side have left to each other, those that began last first. It never crosses the line.",
		[]parameter{limit, cursorOf}, nil, 200, HandoverPage{}, (*server).handovers},
	{"writeHandover", "POST", "/handovers/{side}/{index}", people.ScopeAcknowledge, "Writes what a watch of this side that goes on leaves to the next, in the place of the version that is named.",
		nil, NewHandover{}, 200, Handover{}, (*server).writeHandover},
	{"signHandover", "POST", "/handovers/{side}/{index}/signature", people.ScopeAcknowledge, "Takes a watch of this side over, and signs that what it leaves was read.",
		nil, HandoverSignature{}, 201, Written{}, (*server).signHandover},
	{"putRotation", "POST", "/roster/rotations", people.ScopeBind, "Makes a rotation, or changes the one of that id and version. Of one that has begun only the name and a last day to come can change.",
		nil, NewRotation{}, 200, Rotation{}, (*server).putRotation},
	{"giveWatch", "POST", "/roster/watches", people.ScopeBind, "Gives one planned watch to another than has it, or back to whose turn it is.",
		nil, GivenWatch{}, 204, nil, (*server).giveWatch},
	{"offerSwap", "POST", "/roster/swaps", people.ScopeAcknowledge, "Offers a planned watch of one's own, for another or for none.",
		nil, NewSwap{}, 201, Swap{}, (*server).offerSwap},
	{"acceptSwap", "POST", "/roster/swaps/{id}/accept", people.ScopeAcknowledge, "Takes a watch that is offered, and gives the one that is asked for it.",
		nil, Act{}, 204, nil, swapAct(func(ctx context.Context, p *people.People, h people.Hand, clock people.Clock, id int64) error {
			return p.AcceptSwap(ctx, h, clock, id)
		})},
	{"declineSwap", "POST", "/roster/swaps/{id}/decline", people.ScopeAcknowledge, "Says no to a watch that is offered to oneself.",
		nil, Act{}, 204, nil, swapAct(func(ctx context.Context, p *people.People, h people.Hand, _ people.Clock, id int64) error {
			return p.DeclineSwap(ctx, h, id)
		})},
	{"withdrawSwap", "POST", "/roster/swaps/{id}/withdraw", people.ScopeAcknowledge, "Takes one's own offer back.",
		nil, Act{}, 204, nil, swapAct(func(ctx context.Context, p *people.People, h people.Hand, _ people.Clock, id int64) error {
			return p.WithdrawSwap(ctx, h, id)
		})},
	{"getCoverage", "GET", "/coverage", people.ScopeRead, "When each side promises that somebody is on watch.",
		nil, nil, 200, OfficeCoverage{}, (*server).coverage},
	{"promiseCoverage", "POST", "/coverage", people.ScopeBind, "Promises the other sides a watch at certain hours from a moment on, in place of the promise before.",
		nil, NewCoverage{}, 201, Written{}, (*server).promiseCoverage},
	{"listPersonnel", "GET", "/personnel", people.ScopeRead, "Changes of personnel of all sides, those of which notice was given last first.",
		[]parameter{personnelOf, limit, cursorOf}, nil, 200, PersonnelPage{}, (*server).personnel},
	{"changePersonnel", "POST", "/personnel", people.ScopeBind, "Gives the other sides notice that a post changes hands. Less than seven days before it is marked as late.",
		nil, NewPersonnel{}, 201, Written{}, (*server).changePersonnel},
	{"listChecks", "GET", "/checks", people.ScopeRead, "Calls for line checks with their answers, the last in the joint order first.",
		[]parameter{ofChannel, limit, cursorOf}, nil, 200, CheckPage{}, (*server).checks},
	{"callCheck", "POST", "/checks", people.ScopeAcknowledge, "Calls the other sides for a line check: for one that is due and whose turn is this side's, or at any time without.",
		nil, NewCheck{}, 201, Written{}, (*server).callCheck},
	{"answerCheck", "POST", "/checks/{side}/{index}/answer", people.ScopeAcknowledge, "Answers a line check: how the test text was received, by a person who has looked at it.",
		nil, NewCheckAnswer{}, 201, Written{}, (*server).answerCheck},
	{"getCheckSchedule", "GET", "/checks/schedule", people.ScopeRead, "Of each channel the line checks that are due now, and the next.",
		nil, nil, 200, CheckSchedule{}, (*server).checkSchedule},
	{"getCheckMonth", "GET", "/checks/months/{month}", people.ScopeRead, "What became of the line checks of a channel in a month of its clock. Every side that holds the same record gets the same of what is past.",
		[]parameter{monthChannel}, nil, 200, CheckMonth{}, (*server).checkMonth},
	{"getStatistics", "GET", "/statistics", people.ScopeRead, "What each side did, by month and channel, counted from the settled record alone: every side that holds the same record gets the same.",
		[]parameter{monthFrom, monthTo, counted}, nil, 200, Statistics{}, (*server).statistics},
	{"getHours", "GET", "/hours", people.ScopeRead, "The hours of every side, whether it is open, and when all are open at once.",
		nil, nil, 200, OfficeHours{}, (*server).hours},
	{"sayHours", "POST", "/hours", people.ScopeBind, "Says which hours this side keeps from a moment on, in place of those before.",
		nil, NewHours{}, 201, Written{}, (*server).sayHours},

	{"listForms", "GET", "/forms", people.ScopeRead, "The forms: proposed ones, those in force, then those of before.",
		[]parameter{formState, formCode, limit, cursorOf}, nil, 200, FormPage{}, (*server).forms},
	{"getForm", "GET", "/forms/{hash}", people.ScopeRead, "One form with the consents to it.",
		nil, nil, 200, FormStanding{}, (*server).form},
	{"proposeForm", "POST", "/forms", people.ScopeBind, "Puts a form forward, in the place of the one in force for its code.",
		nil, NewForm{}, 201, Written{}, (*server).proposeForm},
	{"agreeToForm", "POST", "/forms/{hash}/agreement", people.ScopeBind, "Consents to a proposed form.",
		nil, Act{}, 201, Written{}, (*server).agreeToForm},

	{"listPosts", "GET", "/posts", people.ScopeRead, "The posts of all sides, also those that have ended.",
		[]parameter{limit, cursorOf}, nil, 200, PostPage{}, (*server).posts},
	{"accreditPost", "POST", "/posts", people.ScopeBind, "Accredits a post of this side, or changes it.",
		nil, NewPost{}, 201, Written{}, (*server).accredit},
	{"endPost", "POST", "/posts/{post}/end", people.ScopeBind, "Withdraws the accreditation of a post of this side.",
		nil, Act{}, 201, Written{}, (*server).endPost},
	{"makeSignInLink", "POST", "/sign-in-links", byOperatorOnly, "Makes a one-time sign-in link for the account named like a post.",
		nil, NewLink{}, 201, Link{}, (*server).signInLink},

	{"listAccounts", "GET", "/accounts", people.ScopeAdminister, "The accounts of this side's own people, in the order of their names.",
		[]parameter{limit, cursorOf}, nil, 200, AccountPage{}, (*server).accounts},
	{"addAccount", "POST", "/accounts", people.ScopeAdminister, "Adds an account.",
		nil, NewAccount{}, 201, Account{}, (*server).addAccount},
	{"changeAccount", "PATCH", "/accounts/{name}", people.ScopeAdminister, "Changes an account; what is left out stays.",
		nil, AccountChange{}, 200, Account{}, (*server).changeAccount},
	{"suspendAccount", "POST", "/accounts/{name}/suspend", people.ScopeAdminister, "Keeps an account from signing in, and ends its sessions, links and tokens.",
		nil, nil, 200, Account{}, (*server).suspendAccount},
	{"resumeAccount", "POST", "/accounts/{name}/resume", people.ScopeAdminister, "Lets a suspended account sign in again.",
		nil, nil, 200, Account{}, (*server).resumeAccount},
	{"makeAccountLink", "POST", "/accounts/{name}/sign-in-links", people.ScopeAdminister, "Makes a one-time sign-in link for an account.",
		nil, NewAccountLink{}, 201, Link{}, (*server).accountLink},
	{"listAccountSessions", "GET", "/accounts/{name}/sessions", people.ScopeAdminister, "The open sessions of an account, the latest used first.",
		[]parameter{limit, cursorOf}, nil, 200, SessionPage{}, (*server).accountSessions},
	{"revokeAccountSession", "POST", "/accounts/{name}/sessions/{id}/revoke", people.ScopeAdminister, "Ends a session of an account at once.",
		nil, nil, 204, nil, (*server).revokeAccountSession},
	{"getRules", "GET", "/rules", people.ScopeAdminister, "This side's own table of who may do what.",
		nil, nil, 200, Rules{}, (*server).rules},
	{"changeRules", "PATCH", "/rules", people.ScopeAdminister, "Changes places of the table; what is left out stays.",
		nil, Rules{}, 200, Rules{}, (*server).changeRules},
	{"getRanks", "GET", "/ranks", people.ScopeRead, "This side's own table of ranks that it deems equal to those of other sides.",
		nil, nil, 200, Ranks{}, (*server).ranks},
	{"changeRanks", "PATCH", "/ranks", people.ScopeAdminister, "Changes the table of ranks.",
		nil, RankChange{}, 200, Ranks{}, (*server).changeRanks},
	{"listActing", "GET", "/acting", people.ScopeAdminister, "Which posts act with the powers of a head, and for which time, the latest first.",
		nil, nil, 200, ActingHeads{}, (*server).acting},
	{"nameActing", "POST", "/acting", people.ScopeAdminister, "Hands the powers of a head over to a post for a time.",
		nil, NewActing{}, 200, ActingHeads{}, (*server).nameActing},
	{"endActing", "POST", "/acting/{id}/end", people.ScopeAdminister, "Ends at once what has been handed over, or takes it back before it begins.",
		nil, nil, 200, ActingHeads{}, (*server).endActing},
	{"listTrail", "GET", "/trail", people.ScopeAdminister, "Who did what with accounts, the latest first.",
		[]parameter{limit, cursorOf}, nil, 200, TrailPage{}, (*server).trail},

	{"listTokens", "GET", "/tokens", byOperatorOnly, "The tokens of this side, the latest made first, also those that have ended.",
		[]parameter{limit, cursorOf}, nil, 200, TokenPage{}, (*server).tokens},
	{"makeToken", "POST", "/tokens", byOperatorOnly, "Makes a token for an account or a post. It is shown in this answer alone.",
		nil, NewToken{}, 201, MadeToken{}, (*server).makeToken},
	{"revokeToken", "POST", "/tokens/{id}/revoke", byOperatorOnly, "Ends a token at once.",
		nil, nil, 204, nil, (*server).revokeToken},

	{"listSessions", "GET", "/sessions", people.ScopeOwn, "The person's own open sessions, the latest used first.",
		[]parameter{whose, limit, cursorOf}, nil, 200, SessionPage{}, (*server).sessions},
	{"revokeSession", "POST", "/sessions/{id}/revoke", people.ScopeOwn, "Ends one of the person's own sessions at once.",
		[]parameter{whose}, nil, 204, nil, (*server).revokeSession},
	{"listViews", "GET", "/views", people.ScopeOwn, "The choices of dispatches that the person has kept under a name, in their own order.",
		[]parameter{whose}, nil, 200, ViewList{}, (*server).views},
	{"keepView", "POST", "/views", people.ScopeOwn, "Keeps a choice of dispatches behind the others, or in the place of the one of that name.",
		[]parameter{whose}, View{}, 200, ViewList{}, (*server).keepView},
	{"raiseView", "POST", "/views/{view}/raise", people.ScopeOwn, "Moves a view before the one that stands before it.",
		[]parameter{whose}, nil, 200, ViewList{}, viewAct(func(ctx context.Context, p *people.People, account, name string) error {
			return p.RaiseView(ctx, account, name)
		})},
	{"dropView", "POST", "/views/{view}/drop", people.ScopeOwn, "Keeps a view no longer.",
		[]parameter{whose}, nil, 200, ViewList{}, viewAct(func(ctx context.Context, p *people.People, account, name string) error {
			return p.DropView(ctx, account, name)
		})},
	{"listFeeds", "GET", "/feeds", people.ScopeOwn, "The person's calendar feeds, without their addresses.",
		[]parameter{whose}, nil, 200, FeedList{}, (*server).feeds},
	{"makeFeed", "POST", "/feeds", people.ScopeOwn, "Makes a calendar feed, in the place of the one before. Its address is shown in this answer alone.",
		[]parameter{whose}, FeedChoice{}, 201, MadeFeed{}, (*server).makeFeed},
	{"endFeed", "POST", "/feeds/end", people.ScopeOwn, "Ends a calendar feed at once.",
		[]parameter{whose}, FeedChoice{}, 204, nil, (*server).endFeed},
	{"getQuiet", "GET", "/told/quiet", people.ScopeOwn, "The hours in which the person is told of nothing that is not urgent.",
		[]parameter{whose}, nil, 200, Quiet{}, (*server).quiet},
	{"setQuiet", "POST", "/told/quiet", people.ScopeOwn, "Sets the person's quiet hours, or ends them.",
		[]parameter{whose}, Quiet{}, 200, Quiet{}, (*server).setQuiet},

	{"listWebhooks", "GET", "/webhooks", byOperatorOnly, "The webhooks, the first made first, and how they answer.",
		[]parameter{limit, cursorOf}, nil, 200, WebhookPage{}, (*server).webhooks},
	{"addWebhook", "POST", "/webhooks", byOperatorOnly, "Adds a webhook, which is told of entries from now on. Its secret is shown in this answer alone.",
		nil, NewWebhook{}, 201, MadeWebhook{}, (*server).addWebhook},
	{"removeWebhook", "POST", "/webhooks/{id}/remove", byOperatorOnly, "Tells a webhook no more.",
		nil, nil, 204, nil, (*server).removeWebhook},
	{"testWebhook", "POST", "/webhooks/{id}/test", byOperatorOnly, "Tells a webhook of nothing, at once, to see whether it answers.",
		nil, nil, 204, nil, (*server).testWebhook},

	{"listMeans", "GET", "/told/means", byOperatorOnly, "The means by which people of this side are told, and whether they work.",
		[]parameter{ofAccount, limit, cursorOf}, nil, 200, MeansPage{}, (*server).means},
	{"addMeans", "POST", "/told/means", byOperatorOnly, "Sets up a means for a person. Secrets that are drawn for it are shown in this answer alone.",
		nil, NewMeans{}, 201, MadeMeans{}, (*server).addMeans},
	{"testMeans", "POST", "/told/means/{id}/test", byOperatorOnly, "Tells a person of nothing, at once, to see whether a means works.",
		nil, nil, 204, nil, (*server).testMeans},
	{"listNotices", "GET", "/told/notices", byOperatorOnly, "What people of this side were told, the last first.",
		[]parameter{ofAccount, limit}, nil, 200, NoticeList{}, (*server).notices},

	{"listAlarms", "GET", "/alarms", people.ScopeRead, "What an operator must see to, the latest first.",
		[]parameter{allAlarms, limit, cursorOf}, nil, 200, AlarmPage{}, (*server).alarms},
	{"clearAlarm", "POST", "/alarms/{id}/clear", people.ScopeAcknowledge, "Marks an alarm as seen to.",
		nil, Act{}, 204, nil, (*server).clearAlarm},

	{"cutLine", "POST", "/lines/{side}/cut", byOperatorOnly, "Cuts or mends the line to a side, in a demonstration.",
		nil, Cut{}, 204, nil, (*server).cutLine},
	{"admitSide", "POST", "/admissions", byOperatorOnly, "Admits another side by its credence.",
		nil, Admission{}, 204, nil, (*server).admit},
	{"makeBackup", "POST", "/backup", byOperatorOnly, "Writes a backup with the keys; it is whole if the trailer Liaison-Whole is \"yes\".",
		nil, nil, 200, mediaTar, (*server).backup},
}

// parameter is something that is asked in the query.
type parameter struct {
	name, about string
	schema      schema
}

// The parameters of the query.
var (
	limit        = parameter{"limit", "How many lines at most.", schema{"type": "integer", "minimum": 1, "maximum": MaxList, "default": DefaultList}}
	cursorOf     = parameter{"cursor", "Where to go on: \"next\" of the page before.", schema{"type": "string"}}
	waitState    = parameter{"wait", "The state to wait for.", schema{"type": "string", "enum": Waits}}
	timeout      = parameter{"timeout", "How long to wait at most, such as 60s.", schema{"type": "string"}}
	waitReceipts = parameter{"wait", "How long to wait for the receipts of all addressees, such as 60s; without it there is no waiting.", schema{"type": "string"}}
	searched     = parameter{"q", "Words that are all in number, subject, text or a name in it.", schema{"type": "string", "maxLength": 200}}
	from         = parameter{"from", "Only dispatches of this side.", schema{"type": "string"}}
	channel      = parameter{"channel", "Only dispatches on this channel.", schema{"type": "string"}}
	precedence   = parameter{"precedence", "Only dispatches of this precedence.", schemaOfPrecedence}
	state        = parameter{"state", "Only dispatches that wait, or have come so far.", schema{"type": "string", "enum": reaches}}
	meant        = parameter{"mark", "Only dispatches meant so.", schema{"type": "string", "enum": []string{"real", "exercise", "test"}}}
	ofForm       = parameter{"form", "Only dispatches with a form of this code.", schema{"type": "string"}}
	onChannel    = parameter{"channel", "Only notes on this channel.", schema{"type": "string"}}
	attemptOn    = parameter{"channel", "Only attempts in the place of this channel.", schema{"type": "string"}}
	attemptFrom  = parameter{"from", "Only attempts of this side.", schema{"type": "string"}}
	noteAbout    = parameter{"about", "Only notes about the dispatch with this entry id.", schema{"type": "string"}}
	attemptAbout = parameter{"dispatch", "Only attempts about the dispatch with this entry id.", schema{"type": "string"}}
	attemptWaits = parameter{"waiting", "Only attempts of which this side has said nothing yet.", schema{"type": "string"}}
	tenderOn     = parameter{"channel", "Only tenders on this channel.", schema{"type": "string"}}
	tenderFrom   = parameter{"from", "Only tenders of this side.", schema{"type": "string"}}
	tenderState  = parameter{"state", "Only tenders in this state, or those without an answer after its time.", schema{"type": "string", "enum": tenderStates}}
	tenderWaits  = parameter{"waiting", "Only tenders that this side may still answer.", schema{"type": "string"}}
	silenceFrom  = parameter{"from", "Only what this side waits for.", schema{"type": "string"}}
	silenceTo    = parameter{"to", "Only what is waited for from this side.", schema{"type": "string"}}
	silenceOn    = parameter{"channel", "Only what is on this channel.", schema{"type": "string"}}
	silenceOf    = parameter{"precedence", "Only what is of this precedence.", schemaOfPrecedence}
	silenceCause = parameter{"cause", "Only what is silent for this cause.", schema{"type": "string", "enum": office.Causes}}
	silenceLate  = parameter{"overdue", "Only what is overdue.", schema{"type": "boolean", "default": false}}
	proofAbout   = parameter{"about", "The dispatch or tender with this entry id alone; without it, all that is waited for from one side, at most 50.", schema{"type": "string"}}
	proofTo      = parameter{"to", "The side that is silent; by default that of which the most urgent is waited for.", schema{"type": "string"}}
	proofEntries = parameter{"entries", "Also the entries of the other side since then, which show that no answer is among them. They hold what that side wrote, whatever it is about.", schema{"type": "boolean", "default": false}}
	momentOf     = parameter{"at", "The moment; without it, now.", schema{"type": "string", "format": "date-time"}}
	ofSide       = parameter{"side", "Only watches of this side.", schema{"type": "string"}}
	planFrom     = parameter{"from", "From when on; without it, now.", schema{"type": "string", "format": "date-time"}}
	planUntil    = parameter{"until", "Until when; without it, fourteen days after that.", schema{"type": "string", "format": "date-time"}}
	personnelOf  = parameter{"side", "Only changes of this side.", schema{"type": "string"}}
	ofAccount    = parameter{"account", "Only of this account.", schema{"type": "string"}}
	ofChannel    = parameter{"channel", "Only calls on this channel.", schema{"type": "string"}}
	monthChannel = parameter{"channel", "The channel; by default the first of the charter.", schema{"type": "string"}}
	monthFrom    = parameter{"from", "The first month, of UTC; by default eleven before the last, as far as the record goes.", schemaOfMonth}
	monthTo      = parameter{"to", "The last month, at most 24 with it; by default the last in which something is settled.", schemaOfMonth}
	counted      = parameter{"channel", "Only this channel; by default all together, and then each.", schema{"type": "string"}}
	formState    = parameter{"state", "Only forms in this state.", schema{"type": "string", "enum": formStates}}
	formCode     = parameter{"code", "Only forms of this code.", schema{"type": "string"}}
	since        = parameter{"since", "Only dispatches released then or later: a time, or a day by the clock of the side.", schemaOfBound}
	until        = parameter{"until", "Only dispatches released before a time, or until the end of a day by the clock of the side.", schemaOfBound}
	shelf        = parameter{"shelf", "Which drafts: those that wait for the reader, the reader's own, all that are open, or former ones.", schema{"type": "string", "enum": people.Shelves, "default": people.ShelfOpen}}
	readsFor     = parameter{"by", "The post for which the reader looks; by default the usual one of the account.", schema{"type": "string"}}
	whose        = parameter{"account", "Whose: the operator names an account; a token is of one, and asks for its own.", schema{"type": "string"}}
	partOffset   = parameter{"offset", "Where the part begins: \"offset\" of the answer before. At any other place it is refused with 409.", schema{"type": "integer", "minimum": 0}}
	fileName     = parameter{"name", "The name of the file, as the other side shall read it.", schema{"type": "string", "maxLength": office.MaxNamed}}
	allAlarms    = parameter{"all", "Also alarms that are cleared.", schema{"type": "boolean", "default": false}}
)

var schemaOfBound = schema{"type": "string", "examples": []string{"2018-10-15T01:30:00Z", "2018-10-15"}}

var schemaOfMonth = schema{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": []string{"2018-10"}}

// inPath is what stands in the braces of paths.
var inPath = map[string]parameter{
	"side":   {"side", "The id of a side, such as south.", schema{"type": "string"}},
	"index":  {"index", "The index of an entry in the ledger of its side, from 0.", schema{"type": "integer", "minimum": 0}},
	"post":   {"post", "The id of a post.", schema{"type": "string"}},
	"n":      {"n", "The number of an enclosure of the dispatch, from 1.", schema{"type": "integer", "minimum": 1}},
	"hash":   {"hash", "The hash of a form, as the list of forms gives it.", schema{"type": "string", "pattern": "^[0-9a-f]{64}$"}},
	"month":  {"month", "A month of the channel's clock, such as 2018-10.", schema{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}},
	"upload": {"upload", "The id of an upload.", schema{"type": "string"}},
	"view":   {"view", "The name of a view.", schema{"type": "string", "maxLength": people.MaxViewName}},
	"name":   {"name", "The name of an account.", schema{"type": "string"}},
	"id":     {"id", "The number that a list gives.", schema{"type": "integer", "minimum": 1}},
}

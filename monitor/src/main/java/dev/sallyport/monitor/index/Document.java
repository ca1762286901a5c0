package dev.sallyport.monitor.index;

/**
 * One document to be created.
 *
 * @param index the data stream or index
 * @param id unique in it: the id of the event, so that an event which is read twice is stored once
 * @param json the document as one line
 */
record Document(String index, String id, String json) {
    /** The data stream of settled calls. */
    static final String CALLS = "calls";

    /** The index of alerts. */
    static final String ALERTS = "alerts";

    /** The index of what no other index takes. */
    static final String REFUSED = "refused";
}

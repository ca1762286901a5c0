package dev.sallyport.monitor.index;

import java.util.List;

/** Where documents go. */
interface DocumentStore extends AutoCloseable {
    /**
     * Creates the documents that are not there yet, and tells of each, in the order given, what
     * became of it. What is answered as created survives a restart of the store.
     *
     * @throws dev.sallyport.monitor.fault.MonitorException {@code index_unavailable}: nothing is
     *     known of any of them; trying again is safe
     */
    List<Creation> create(List<Document> documents);

    @Override
    void close();
}

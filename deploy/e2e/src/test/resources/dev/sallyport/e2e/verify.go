// Verifies a log of Sallyport with nothing but Go's own transparency log packages:
// the signature with golang.org/x/mod/sumdb/note, everything else with golang.org/x/mod/sumdb/tlog.
//
// Usage: verify LOG KEY [TOKEN]
//
//	LOG    the log's address, such as https://audit.example.com/log/acme
//	KEY    its verifier key, as LOG/vkey shows it; get it from somewhere else than the log
//	TOKEN  an access token that may read the entries; without one the tree is verified without them
//
// Exit code: 0 verified, 1 not.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: verify LOG KEY [TOKEN]")
		os.Exit(1)
	}
	log := source{prefix: strings.TrimRight(os.Args[1], "/") + "/"}
	if len(os.Args) > 3 {
		log.token = os.Args[3]
	}
	if err := verify(log, os.Args[2]); err != nil {
		fmt.Println("NOT VERIFIED:", err)
		os.Exit(1)
	}
}

func verify(log source, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	signed, err := log.get("checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	tree, err := parse(opened.Text, verifier.Name())
	if err != nil {
		return err
	}
	// reads the tiles and checks each against the signed root
	hashes := tlog.TileHashReader(tree, log)
	leaves := make([]int64, tree.N)
	for i := range leaves {
		leaves[i] = tlog.StoredHashIndex(0, int64(i))
	}
	authentic, err := hashes.ReadHashes(leaves)
	if err != nil {
		return err
	}
	what := "tree"
	if log.token != "" {
		what = "tree and entries"
		if err := verifyEntries(log, tree.N, authentic); err != nil {
			return err
		}
	}
	fmt.Printf("verified by golang.org/x/mod: %s of %s, %d entries, root %s\n", what, verifier.Name(), tree.N, tree.Hash)
	return nil
}

// A checkpoint is three lines: origin, size, root. The origin is the key's name.
func parse(text, name string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] != name {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not the one of %s: %q", name, text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// An entry bundle is entries one after the other, each after its length as two bytes, big-endian.
func verifyEntries(log source, size int64, authentic []tlog.Hash) error {
	for first := int64(0); first < size; first += 1 << height {
		width := size - first
		if width > 1<<height {
			width = 1 << height
		}
		path := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}.Path()
		bundle, err := log.get(strings.Replace(path, "tile/8/data/", "tile/entries/", 1))
		if err != nil {
			return err
		}
		for i := first; i < first+width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("%s is cut off at entry %d", path, i)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			if tlog.RecordHash(bundle[2:end]) != authentic[i] {
				return fmt.Errorf("entry %d was altered", i)
			}
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return fmt.Errorf("%s has more than its entries", path)
		}
	}
	return nil
}

// source serves tiles to tlog. The paths of C2SP tlog-tiles are those of tlog without the height.
type source struct {
	prefix, token string
}

func (s source) Height() int { return height }

func (s source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := s.get(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all[i] = data
	}
	return all, nil
}

func (s source) SaveTiles([]tlog.Tile, [][]byte) {}

func (s source) get(path string) ([]byte, error) {
	request, err := http.NewRequest("GET", s.prefix+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", request.URL, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, 32<<20))
}
